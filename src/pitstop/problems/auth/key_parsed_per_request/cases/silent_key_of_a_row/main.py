from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import Depends, FastAPI
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Device(Base):
    __tablename__ = "devices"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_key: Mapped[str]


def session() -> Session:
    return Session()


app = FastAPI()


@app.get("/{device_id}")
def verified(device_id: int, token: str, session: Session = Depends(session)) -> bool:
    device = session.get(Device, device_id)
    return load_pem_public_key(device.public_key.encode()).verify(token) is None
