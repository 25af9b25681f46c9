"""The survey of raters, section 3.5 of Zhu et al. (2021): are our explanations better than random ones?"""
