from typing import Annotated

from fastapi import Depends
from sqlalchemy import func, select

from shop.errors import Conflict, NotFound
from shop.models import Category, Product, StockMovement
from shop.repositories.catalog import (
    CategoryRepository,
    ProductRepository,
    StockRepository,
    SupplierRepository,
)
from shop.schemas import ProductIn, ProductUpdate, StockMovementIn, SupplierOverview


class CatalogService:
    def __init__(
        self,
        products: Annotated[ProductRepository, Depends()],
        categories: Annotated[CategoryRepository, Depends()],
        suppliers: Annotated[SupplierRepository, Depends()],
        stock: Annotated[StockRepository, Depends()],
    ) -> None:
        self.products = products
        self.categories = categories
        self.suppliers = suppliers
        self.stock = stock
        self.session = products.session

    async def product(self, slug: str) -> Product:
        product = await self.products.by_slug(slug)
        if product is None:
            raise NotFound("No such product")
        return product

    async def category(self, slug: str) -> Category:
        category = await self.categories.by_slug(slug)
        if category is None:
            raise NotFound("No such category")
        return category

    async def supplier_overview(self) -> list[SupplierOverview]:
        overview = []
        for supplier in await self.suppliers.all():
            count = await self.session.scalar(
                select(func.count()).select_from(Product).where(Product.supplier_id == supplier.id)
            )
            overview.append(
                SupplierOverview(
                    id=supplier.id, name=supplier.name, country=supplier.country, products=count or 0
                )
            )
        return overview

    async def create(self, data: ProductIn) -> Product:
        if await self.categories.get(data.category_id) is None:
            raise NotFound("No such category")
        if await self.suppliers.get(data.supplier_id) is None:
            raise NotFound("No such supplier")
        if await self.products.is_taken(data.slug, data.sku):
            raise Conflict("This slug or SKU is taken")
        self.products.add(Product(**data.model_dump()))
        await self.session.commit()
        return await self.product(data.slug)

    async def update(self, slug: str, data: ProductUpdate) -> Product:
        product = await self.product(slug)
        for name, value in data.model_dump(exclude_none=True).items():
            setattr(product, name, value)
        await self.session.commit()
        return product

    async def record_movement(self, slug: str, data: StockMovementIn) -> StockMovement:
        product = await self.product(slug)
        if product.stock + data.quantity < 0:
            raise Conflict("Stock would fall below zero")
        product.stock += data.quantity
        movement = self.stock.add(StockMovement(product_id=product.id, **data.model_dump()))
        await self.session.commit()
        return movement

    async def movements(self, slug: str, limit: int) -> list[StockMovement]:
        product = await self.product(slug)
        return await self.stock.of_product(product.id, limit)
