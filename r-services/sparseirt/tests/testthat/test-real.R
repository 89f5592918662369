# First attempts of learners with at least 5, as the warehouse selects them.
real_answers <- function(file) {
  answers <- data.table::fread(cmd = paste("gzip -dc", shQuote(file)),
                               select = c("user_id", "item_id", "correct", "completed_at"))
  first <- answers[order(answers$completed_at)]
  first <- first[!duplicated(first, by = c("user_id", "item_id"))]
  first <- first[first$user_id %in% as.integer(names(which(table(first$user_id) >= 5L)))]
  list(learner = match(first$user_id, unique(first$user_id)),
       item = match(first$item_id, unique(first$item_id)), right = as.integer(first$correct),
       n_learners = data.table::uniqueN(first$user_id),
       n_items = data.table::uniqueN(first$item_id))
}

test_that("real answers: all items calibrated, theta follows the share right, the model is seen to fit", {
  file <- file.path("..", "..", "..", "..", "..", "shared", "data", "attempts", "attempts.csv.gz")
  skip_if_not(file.exists(file), "the real answers (shared/data/attempts) are not on this machine")
  answers <- real_answers(file)
  expect_equal(answers$n_items, 76L)
  expect_gt(length(answers$item), 210000L)
  for (model in c("Rasch", "2PL", "3PL")) {
    fit <- calibrated(answers, model)
    expect_true(fit$converged && fit$loglik_never_fell && fit$information_positive_definite)
    own <- scored(answers, fit$items, mean = fit$group[["mean"]], sd = fit$group[["sd"]])
    share <- tapply(answers$right, answers$learner, mean)[own$group]
    many <- own$n >= 10L
    expect_gt(stats::cor(own$theta_eap[many], share[many]), 0.95)
    expect_gt(stats::cor(own$theta_wle[many], share[many]), 0.90)
    expect_true(all(is.finite(as.matrix(fit$items[, c("a", "b", "c", "se_b")]))))
    expect_gt(marginal_reliability(own$theta_eap, own$se_eap), 0.5)
    fits <- item_fit(answers$learner, answers$item, answers$right, fit$items, sd = fit$group[["sd"]])
    expect_true(all(fits$infit > 0.7 & fits$infit < 1.3))
  }
})
