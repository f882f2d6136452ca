"""What a supplier's file seems to be: format, layout, columns, dates, vintage, coverage. Proposed, never assumed."""

from hotspots.sources.sniff.examine import sniff
from hotspots.sources.sniff.proposal import Finding, Proposal

__all__ = ["Finding", "Proposal", "sniff"]
