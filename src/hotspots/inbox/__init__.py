"""What people hand in through the pages: checked apart by the same readers, then added; what was there is kept."""

from hotspots.inbox.journal import uploads
from hotspots.inbox.receiving import Received, may_register, may_upload, receive
from hotspots.inbox.register import add_intervention

__all__ = ["Received", "add_intervention", "may_register", "may_upload", "receive", "uploads"]
