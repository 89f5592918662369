# Measures how well the scale is found, in this process; prints one line of JSON.
#   scale.R scale MODEL MEAN_A SETS | windows MEAN SD ANSWERS_PER_ITEM WINDOWS SHIFT
# A set has 100 items, 500 learners and 20 answers of each. A window is a run with a bank of 100 items from
# 3,000 learners, all anchors fixed; in a window with a shift, b of 10 items has moved by it, up or down.

tests <- file.path("r-services", "sparseirt", "tests", "testthat")
source(file.path(tests, "helper-simulate.R"))
service <- fitservice::load_service(file.path("r-services", "irt"))
irt <- environment(service$endpoints[["/irt/calibrate"]]$fit)
parameters <- lapply(irt$irt_calibrate_parameters(), function(one) one$default)

one_set <- function(seed, model, mean_a) {
  answers <- estimable(simulated_school(seed, mean_a, model = model))
  fit <- calibrated(answers, model)
  own <- scored(answers, fit$items)
  theta <- answers$theta[own$group]
  inside <- function(x, se, truth) mean(abs(x - truth) < stats::qnorm(0.975) * se)
  truth <- answers$bank
  with(fit$items, c(
    ratio_a = mean(a) / mean(truth$a), slope_b = stats::cov(b, truth$b) / stats::var(truth$b),
    theta = inside(own$theta_eap, own$se_eap, theta), a = inside(a, se_a, truth$a),
    b = inside(b, se_b, truth$b),
    claimed = marginal_reliability(own$theta_eap, own$se_eap), true = stats::cor(own$theta_eap, theta)^2
  ))
}

ITEM_IDS <- sprintf("i%03d", 1:100)

one_bank <- function(seed) {
  answers <- simulated_school(seed, 1, n_learners = 3000L)
  items <- as.data.frame(calibrated(answers)$items)
  bank <- irt$read_bank(data.frame(item_id = ITEM_IDS, items[irt$BANK_NUMBERS], n_responses = items$n))
  bank$status <- irt$item_status(bank)
  bank$fixed <- bank$status == "operational"
  list(bank = bank, truth = answers$bank)
}

one_window <- function(seed, known, mean, sd, per_item, shift) {
  set.seed(seed)
  moved <- sample.int(100L, 10L)
  truth <- known$truth
  truth$b[moved] <- truth$b[moved] + rep(c(-1, 1), 5L) * shift
  answers <- simulated_answers(5L * per_item, 100L, 20L, seed = seed + 5000L, bank = truth, mean = mean,
                               sd = sd)
  kept <- estimable(replace(answers, "bank", list(c(truth, list(id = ITEM_IDS)))))
  run <- irt$linked_run(kept[c("learner", "item", "right", "n_learners")], kept$bank$id, known$bank,
                        parameters, function(...) NULL)
  drift <- run$drift
  was_moved <- shift != 0 & drift$item_id %in% ITEM_IDS[moved]
  line <- run$linking
  # absent where more than a fifth of the anchors are unstable for Stocking and Lord's line
  other <- if (is.null(line$stocking_lord)) c(NA, NA) else unname(line$stocking_lord)
  z <- (other - c(line$A, line$B)) / sqrt(line$se^2 + if (anyNA(other)) NA else line$stocking_lord_se^2)
  c(A = line$A, B = line$B, A_sl = other[1L], B_sl = other[2L], z_A = z[["A"]], z_B = z[["B"]],
    false_items = mean(drift$is_flagged[!was_moved]), false_window = any(drift$is_flagged[!was_moved]),
    power = mean(drift$is_flagged[was_moved]))
}

given <- commandArgs(TRUE)
number <- suppressWarnings(as.numeric(given))
found <- if (given[[1L]] == "scale") {
  vapply(seq_len(number[4L]), one_set, numeric(7L), model = given[[2L]], mean_a = number[3L])
} else {
  banks <- lapply(1:5, one_bank)
  vapply(seq_len(number[5L]), function(seed) {
    one_window(seed, banks[[seed %% 5L + 1L]], number[2L], number[3L], number[4L], number[6L])
  }, numeric(9L))
}
means <- as.list(rowMeans(found, na.rm = TRUE))
cat(jsonlite::toJSON(means, auto_unbox = TRUE, digits = 6, na = "null"), "\n")
