import pytest
from sqlalchemy import func, select

from shop.models import Product, Review

REVIEW = {"rating": 4, "title": "Good", "body": "It works."}


def slug_of(db, product_id):
    return db.scalar(select(Product.slug).where(Product.id == product_id))


def test_reviews_of_a_product(client, db):
    answer = client.get(f"/products/{slug_of(db, 1)}/reviews", params={"size": 40}).json()
    rows = db.scalars(select(Review).where(Review.product_id == 1).order_by(Review.id.desc()).limit(40)).all()
    assert [row["id"] for row in answer] == [row.id for row in rows]
    assert len(answer) == 40
    assert client.get("/products/none/reviews").status_code == 404


def test_the_rating_of_a_product(client, db):
    answer = client.get(f"/products/{slug_of(db, 2)}/rating").json()
    ratings = db.scalars(select(Review.rating).where(Review.product_id == 2)).all()
    assert answer == {"reviews": len(ratings), "average": round(sum(ratings) / len(ratings), 2)}


def test_a_review_is_written_once(client, member, db):
    path = f"/products/{slug_of(db, 700)}/reviews"
    answer = client.post(path, json=REVIEW, headers=member.headers)
    assert answer.status_code == 201
    assert (answer.json()["status"], answer.json()["user_id"]) == ("pending", member.id)
    assert client.post(path, json=REVIEW, headers=member.headers).status_code == 409


@pytest.mark.parametrize("change", [{"rating": 6}, {"rating": 0}, {"title": ""}])
def test_a_review_is_checked(client, customer, change):
    assert client.post("/products/none/reviews", json=REVIEW | change, headers=customer).status_code == 422


def test_a_review_needs_a_product_and_a_user(client, customer):
    assert client.post("/products/none/reviews", json=REVIEW, headers=customer).status_code == 404
    assert client.post("/products/none/reviews", json=REVIEW).status_code == 401


@pytest.mark.parametrize("limit", [200, 250, 400])
def test_the_latest_reviews(client, db, limit):
    answer = client.get("/reviews/latest", params={"limit": limit}).json()
    rows = db.scalars(select(Review).order_by(Review.id.desc()).limit(limit)).all()
    assert [(row["id"], row["title"], row["body"]) for row in answer] == [
        (r.id, r.title, r.body) for r in rows
    ]


@pytest.mark.parametrize("status", ["pending", "rejected"])
def test_the_moderation_queue_is_oldest_first(client, admin, db, status):
    answer = client.get("/reviews/moderation", params={"status": status}, headers=admin).json()
    assert len(answer) == 30
    rows = db.scalars(
        select(Review).where(Review.status == status).order_by(Review.created_at, Review.id).limit(30)
    ).all()
    assert [row["id"] for row in answer] == [row.id for row in rows]


def test_moderation_is_for_admins(client, admin, customer):
    assert client.get("/reviews/moderation", headers=customer).status_code == 403
    path = "/reviews/1/moderation?verdict=published"
    assert client.post(path, headers=customer).status_code == 403
    assert client.get("/reviews/moderation?status=lost", headers=admin).status_code == 422


def test_a_review_is_moderated_once(client, admin, member, db):
    path = f"/products/{slug_of(db, 701)}/reviews"
    number = client.post(path, json=REVIEW, headers=member.headers).json()["id"]
    verdict = f"/reviews/{number}/moderation?verdict=published"
    assert client.post(verdict, headers=admin).json()["status"] == "published"
    assert client.post(verdict, headers=admin).status_code == 409
    assert client.post("/reviews/2000000000/moderation?verdict=published", headers=admin).status_code == 404


def test_there_are_enough_reviews(db):
    assert db.scalar(select(func.count()).select_from(Review)) > 9_000
