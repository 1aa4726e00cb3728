"""The simulated sky: sources, survey, instrument and files, deterministic throughout.

`sky`, `names` and `truth` say what is there; `survey` and `exposures` when it was observed;
`instrument` and `files` make the pixels and the Spectral Images; `frames` writes them to a
folder. For scenes of one's own: `sources.point_sources`, `instrument.render_exposure`,
`files.spectral_image`. `archive.simulated` serves it all to the pipeline.

Nothing is imported here, so that looking up a name does not load the instrument.
"""
