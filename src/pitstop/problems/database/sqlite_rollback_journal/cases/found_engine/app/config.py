DATABASE_URL = "sqlite+aiosqlite:///data/app.db"
