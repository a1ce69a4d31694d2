from collections.abc import Collection

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import joinedload

from shop.models import Category, Product, StockMovement, Supplier
from shop.repositories.base import Repository


class CategoryRepository(Repository[Category]):
    model = Category

    async def all(self) -> list[Category]:
        return list(await self.session.scalars(select(Category).order_by(Category.id)))

    async def by_slug(self, slug: str) -> Category | None:
        return await self.session.scalar(select(Category).where(Category.slug == slug))


class SupplierRepository(Repository[Supplier]):
    model = Supplier

    async def all(self) -> list[Supplier]:
        return list(await self.session.scalars(select(Supplier).order_by(Supplier.id)))


class ProductRepository(Repository[Product]):
    model = Product

    async def page(self, limit: int, offset: int) -> list[Product]:
        query = (
            select(Product)
            .options(joinedload(Product.category), joinedload(Product.supplier))
            .order_by(Product.id)
            .limit(limit)
            .offset(offset)
        )
        return list(await self.session.scalars(query))

    async def count(self) -> int:
        return await self.session.scalar(select(func.count()).select_from(Product)) or 0

    async def by_slug(self, slug: str) -> Product | None:
        query = (
            select(Product)
            .where(Product.slug == slug)
            .options(joinedload(Product.category), joinedload(Product.supplier))
        )
        return await self.session.scalar(query)

    async def is_taken(self, slug: str, sku: str) -> bool:
        taken = exists().where(or_(Product.slug == slug, Product.sku == sku))
        return bool(await self.session.scalar(select(taken)))

    async def in_category(self, category_id: int, limit: int) -> list[Product]:
        query = select(Product).where(Product.category_id == category_id).order_by(Product.id).limit(limit)
        return list(await self.session.scalars(query))

    async def newest(self, limit: int) -> list[Product]:
        return list(await self.session.scalars(select(Product).order_by(Product.id.desc()).limit(limit)))

    async def with_category(self, keys: Collection[int]) -> dict[int, Product]:
        query = select(Product).where(Product.id.in_(set(keys))).options(joinedload(Product.category))
        return {product.id: product for product in await self.session.scalars(query)}


class StockRepository(Repository[StockMovement]):
    model = StockMovement

    async def of_product(self, product_id: int, limit: int) -> list[StockMovement]:
        query = (
            select(StockMovement)
            .where(StockMovement.product_id == product_id)
            .order_by(StockMovement.created_at.desc(), StockMovement.id.desc())
            .limit(limit)
        )
        return list(await self.session.scalars(query))
