# Seconds that spatstat's density.ppp takes: Rscript spatstat.R EVENTS RUNS (eastings, then northings, as doubles)
given <- commandArgs(trailingOnly = TRUE)
suppressMessages(library(spatstat.explore))
size <- file.info(given[1])$size / 16
events <- readBin(given[1], "double", 2 * size)
window <- owin(c(0, 10000), c(0, 10000))
pattern <- ppp(events[1:size] - 525000, events[(size + 1):(2 * size)] - 175000, window, check = FALSE)
for (run in seq_len(as.integer(given[2]))) {
  cat(system.time(density(pattern, sigma = 300 / sqrt(8), kernel = "quartic", edge = FALSE, dimyx = 400))[["elapsed"]], "\n")
}
