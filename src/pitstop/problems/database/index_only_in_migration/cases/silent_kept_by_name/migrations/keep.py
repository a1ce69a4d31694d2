KEPT = ["by_page"]
