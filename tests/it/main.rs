//! One binary for all tests of whole stages and of the whole program.

mod render;
