//! Record batches (magic 2): a view over bytes, a builder, codecs.
