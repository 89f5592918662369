# The Stan programs of our own; the others are written by brms (see stan_models.R).

# Goes into every program. Priors arrive as data, so that no prior needs a compiler. brms normalises priors
# that are cut off at 0 by any_prior_lccdf; with data for arguments that is a constant, which samplers do
# without.
PRIOR_STAN <- "
  // kind 1: normal, 2: Student's t, 3: exponential
  real any_prior_lpdf(real x, int kind, real df, real location, real scale) {
    if (kind == 1) return normal_lpdf(x | location, scale);
    if (kind == 2) return student_t_lpdf(x | df, location, scale);
    return exponential_lpdf(x | inv(scale));
  }
  real any_prior_lccdf(real x, int kind, real df, real location, real scale) {
    return 0;
  }
"

# The marginal posterior of growth_marginal.R, for the few cases that importance sampling does not manage: the
# same six hyperparameters on the same scales, learners' coefficients integrated out (algebra:
# growthcurve/src/algebra.h).
MARGINAL_STAN <- paste0("functions {", PRIOR_STAN, "
  // Minus twice the log likelihood of one learner, without n log(2 pi). `x` is about the learner's mean week.
  real deviance_of(vector x, vector rho, vector v, vector line, vector mu, matrix S,
                   real s_det) {
    vector[num_elements(x)] w = inv(v);
    real aa = sum(w);
    real ab = dot_product(w, x);
    real bb = dot_product(w .* x, x);
    real ua = dot_product(w, rho);
    real ub = dot_product(w .* x, rho);
    real a_det = fmax(aa * bb - square(ab), 0);
    real m = 1 + S[1, 1] * aa + 2 * S[1, 2] * ab + S[2, 2] * bb + s_det * a_det;
    vector[2] d = line - mu;
    real paa = S[1, 1] + s_det * bb;
    real pab = S[1, 2] - s_det * ab;
    real pbb = S[2, 2] + s_det * aa;
    real haa = aa + a_det * S[2, 2];
    real hab = ab - a_det * S[1, 2];
    real hbb = bb + a_det * S[1, 1];
    real ta = bb * ua - ab * ub;
    real tb = aa * ub - ab * ua;
    real ga = ua + S[2, 2] * ta - S[1, 2] * tb;
    real gb = ub + S[1, 1] * tb - S[1, 2] * ta;
    real quadratic = -(paa * square(ua) + 2 * pab * ua * ub + pbb * square(ub))
      + 2 * (ga * d[1] + gb * d[2]) + haa * square(d[1]) + 2 * hab * d[1] * d[2] + hbb * square(d[2]);
    return dot_product(w .* rho, rho) + quadratic / m + log(m) + sum(log(v));
  }
}
data {
  int<lower=1> n;
  int<lower=1> n_learners;
  vector[n] x;                            // week minus the learner's mean week
  vector[n] rho;                          // score minus the learner's least-squares line
  vector<lower=0>[n] error;               // se^2
  int<lower=1> first[n_learners];         // rows of each learner
  int<lower=1> last[n_learners];
  vector[n_learners] centre;              // the learner's mean week
  vector[2] line[n_learners];             // level there, and slope
  int prior_kind[5];                      // of Intercept, week, sd_Intercept, sd_week, sigma
  vector[5] prior_df;
  vector[5] prior_location;
  vector[5] prior_scale;
  real<lower=0> eta;                      // LKJ
}
parameters {
  real b_Intercept;
  real b_week;
  real log_sd_Intercept;
  real log_sd_week;
  real atanh_cor;
  real log_sigma;
}
model {
  real t0 = exp(log_sd_Intercept);
  real t1 = exp(log_sd_week);
  real log_cosh = log_sum_exp(atanh_cor, -atanh_cor) - log2();
  real s_det = square(t0 * t1) * exp(-2 * log_cosh);
  real cov01 = tanh(atanh_cor) * t0 * t1;
  vector[n] v = exp(2 * log_sigma) + error;
  vector[5] natural = [b_Intercept, b_week, t0, t1, exp(log_sigma)]';
  for (k in 1:5) {
    target += any_prior_lpdf(natural[k] | prior_kind[k], prior_df[k], prior_location[k],
                             prior_scale[k]);
  }
  target += log_sd_Intercept + log_sd_week + log_sigma - 2 * eta * log_cosh;
  for (i in 1:n_learners) {
    real c = centre[i];
    matrix[2, 2] S = [[square(t0) + 2 * c * cov01 + square(c * t1), cov01 + c * square(t1)],
                      [cov01 + c * square(t1), square(t1)]];
    vector[2] mu = [b_Intercept + c * b_week, b_week]';
    target += -0.5 * deviance_of(x[first[i]:last[i]], rho[first[i]:last[i]], v[first[i]:last[i]],
                                 line[i], mu, S, s_det);
  }
}
")
