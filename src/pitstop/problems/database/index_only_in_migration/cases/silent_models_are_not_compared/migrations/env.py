from alembic import context

target_metadata = None

context.configure(target_metadata=target_metadata)
with context.begin_transaction():
    context.run_migrations()
