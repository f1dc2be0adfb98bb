//! Cuts a byte stream into audit items without building a tree.
