#!/bin/sh
# The namespace and the search attributes of the cases, once the server answers.
set -eu

until temporal operator cluster health --address "$TEMPORAL_ADDRESS"; do
  echo "waiting for Temporal on $TEMPORAL_ADDRESS"
  sleep 2
done

temporal operator namespace describe --address "$TEMPORAL_ADDRESS" --namespace default >/dev/null 2>&1 \
  || temporal operator namespace create --address "$TEMPORAL_ADDRESS" --namespace default --retention 90d

until known=$(temporal operator search-attribute list --address "$TEMPORAL_ADDRESS" --namespace default); do
  echo "waiting for the namespace to be known"
  sleep 2
done
for pair in CaseStage:Keyword CaseState:Keyword CaseCentre:Keyword CaseNextDue:Datetime; do
  echo "$known" | grep -qw "${pair%%:*}" \
    || temporal operator search-attribute create --address "$TEMPORAL_ADDRESS" --namespace default --name "${pair%%:*}" --type "${pair##*:}"
done
