//! What only a shared store does.

use super::*;
