#!/bin/sh
# Bring Temporal's two databases to the server's schema; doing it again does nothing.
set -eu

for pair in temporal:temporal temporal_visibility:visibility; do
  database=${pair%%:*}
  tool="temporal-sql-tool --plugin postgres12 --endpoint postgres --port 5432 --user temporal --database $database"
  $tool setup-schema --version 0.0 2>/dev/null || echo "$database: schema is there, updating"
  $tool update-schema --schema-name "postgresql/v12/${pair##*:}" # the tool carries the schemas of its version
done
