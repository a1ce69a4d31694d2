from typing import Annotated

import httpx
from fastapi import APIRouter, Depends, Query

from shop.dependencies import AdminUser, Page, RatesUrl
from shop.errors import NotFound
from shop.models import Category, Product, StockMovement
from shop.schemas import (
    CategoryOut,
    PriceOut,
    ProductCard,
    ProductIn,
    ProductOut,
    ProductPage,
    ProductUpdate,
    StockMovementIn,
    StockMovementOut,
    SupplierOverview,
)
from shop.serializers import product_cards
from shop.services.catalog import CatalogService

router = APIRouter(tags=["catalog"])
Catalog = Annotated[CatalogService, Depends()]


@router.get("/categories", response_model=list[CategoryOut])
async def categories(catalog: Catalog) -> list[Category]:
    return await catalog.categories.all()


@router.get("/categories/{slug}/products")
async def category_products(slug: str, catalog: Catalog, page: Page) -> list[ProductCard]:
    category = await catalog.category(slug)
    return product_cards(await catalog.products.in_category(category.id, page.size))


@router.get("/suppliers")
async def suppliers(catalog: Catalog) -> list[SupplierOverview]:
    return await catalog.supplier_overview()


@router.get("/products")
async def products(catalog: Catalog, page: Page) -> ProductPage:
    rows = await catalog.products.page(page.size, page.offset)
    return ProductPage(
        items=[ProductOut.model_validate(row) for row in rows],
        total=await catalog.products.count(),
        page=page.page,
        size=page.size,
    )


@router.post("/products", response_model=ProductOut, status_code=201)
async def create_product(data: ProductIn, catalog: Catalog, _: AdminUser) -> Product:
    return await catalog.create(data)


@router.get("/products/feed")
async def product_feed(catalog: Catalog, limit: Annotated[int, Query(ge=1, le=500)] = 300):
    rows = await catalog.products.newest(limit)
    return [ProductCard.model_validate(row) for row in rows]


@router.get("/products/{slug}", response_model=ProductOut)
async def product(slug: str, catalog: Catalog) -> Product:
    return await catalog.product(slug)


@router.patch("/products/{slug}", response_model=ProductOut)
async def update_product(slug: str, data: ProductUpdate, catalog: Catalog, _: AdminUser) -> Product:
    return await catalog.update(slug, data)


@router.get("/products/{slug}/price")
async def product_price(
    slug: str,
    catalog: Catalog,
    rates_url: RatesUrl,
    currency: Annotated[str, Query(pattern="^[A-Z]{3}$")] = "EUR",
) -> PriceOut:
    product = await catalog.product(slug)
    response = httpx.get(f"{rates_url}/exchange/{currency}", timeout=5.0)
    if response.status_code == 404:
        raise NotFound("No such currency")
    response.raise_for_status()
    amount = round(product.price_cents * response.json()["rate"])
    return PriceOut(slug=product.slug, currency=currency, amount=amount)


@router.get("/products/{slug}/stock-movements", response_model=list[StockMovementOut])
async def stock_movements(slug: str, catalog: Catalog, page: Page, _: AdminUser) -> list[StockMovement]:
    return await catalog.movements(slug, page.size)


@router.post("/products/{slug}/stock-movements", response_model=StockMovementOut, status_code=201)
async def record_movement(slug: str, data: StockMovementIn, catalog: Catalog, _: AdminUser) -> StockMovement:
    return await catalog.record_movement(slug, data)
