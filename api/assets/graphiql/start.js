/* Starts GraphiQL. A token goes into the Headers pane: {"Authorization": "Bearer <token>"}. */
"use strict";
const welcome = `# Marktboek. For what needs a role, put a token in the Headers pane below:
#   {"Authorization": "Bearer <token>"}
# "marktboek token --data DIR --role operator --subject me" prints one.

{
  categories {
    slug
    productCount
    subcategories { slug productCount }
  }
  products(category: "smartphones", first: 3) {
    nodes {
      id
      title
      orders30d
      isBestSeller
      rating { average count }
      offers { condition price { amount currencyCode } seller { shopName } ranking { score explanation } }
      reviews(first: 2) { nodes { score text originalLanguage } }
    }
  }
}
`;
const subscriptionUrl = location.origin.replace("http", "ws") + "/graphql";
const fetcher = GraphiQL.createFetcher({ url: "/graphql", subscriptionUrl });
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, { fetcher, defaultQuery: welcome, defaultEditorToolsVisibility: "headers" }),
);
