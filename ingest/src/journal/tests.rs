//! Tests of the whole journal; those of one part are beside it.
