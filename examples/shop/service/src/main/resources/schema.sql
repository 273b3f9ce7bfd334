CREATE TABLE product (
  id INT PRIMARY KEY,
  name VARCHAR(80) NOT NULL,
  category VARCHAR(30) NOT NULL,
  description VARCHAR(2000) NOT NULL,
  price_cents INT NOT NULL
);

CREATE TABLE purchase (
  id BIGINT PRIMARY KEY,
  customer VARCHAR(80) NOT NULL,
  total_cents BIGINT NOT NULL
);

CREATE TABLE purchase_line (
  purchase_id BIGINT NOT NULL,
  position INT NOT NULL,
  product_id INT NOT NULL,
  quantity INT NOT NULL,
  PRIMARY KEY (purchase_id, position)
);
