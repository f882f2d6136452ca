"""Emerging hot spots: what became of a place over the steps of time, in Esri's classes, and Mann and Kendall's trend.

The classes are those of Esri's current text. Four of its conditions are easily missed and change many places: a
*consecutive* hot spot needs a run of at least two hot steps at the end; *sporadic*, *oscillating*, *intensifying*,
*persistent* and *diminishing* ones ... see :func:`emerging_class`, which writes them out.
"""
