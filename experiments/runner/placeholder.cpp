namespace twostage {}
