"""What the results page shows of a measured target: one view of its rows, for every pane."""
