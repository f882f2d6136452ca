"""The page "Did it work?": registered work or a place and a day, the verdict, the counts, what they could show."""

import streamlit as st

from hotspots.app import judging, published, registering
from hotspots.app.words import paragraph, plain
from hotspots.errors import HotspotsError
from hotspots.views.judged import described, place_label


def page() -> None:
    """Read the controls, ask one question, show its answer with the counts behind it."""
    st.title("Did it work?", anchor=False)
    build = published.current_build()
    viewer = published.viewer_of(build)
    asked = judging.asked(build, viewer)
    if asked is None:
        st.info("This build holds nothing that may be judged on this machine.")
        return
    question = asked.question
    meta = described(build, question.what)
    st.html(paragraph(meta.marking, size_rem=0.85))
    if meta.labels:
        st.warning(plain(". ".join(meta.labels) + "."))
    if asked.work is not None:
        judging.work_panel(asked.work)
    counts = judging.counts_for(build, viewer, question.what, question.place)
    short = "" if question.adjoining else judging.too_short(counts)
    answer = None
    try:
        answer = None if short else judging.answer_for(build, viewer, question)
    except HotspotsError as error:
        short = str(error)
    if answer is None:
        judging.refusal(short)
    else:
        judging.answer_panel(answer)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.header("Period by period", anchor=False)
        title = f"{meta.title}, {place_label(build, viewer, question.place)}: counts by period"
        judging.counts_panel(build, counts, answer, question, title=title)
    with right:
        st.header("What these counts could show", anchor=False)
        try:
            judging.power_panel(counts)
        except HotspotsError as error:
            judging.refusal(error)
    judging.wards_panel(build, viewer, question)
    if answer is not None:
        judging.caveats_panel(answer)
        judging.method_panel(answer)
    registering.register_panel(build, viewer, published.area_file())


try:
    page()
except HotspotsError as error:
    st.error(plain(error))
