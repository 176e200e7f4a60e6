"""Keys to the API: tokens with scopes, their rate limit, and calls that may be repeated safely."""
