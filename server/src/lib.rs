//! Every door of Lectern. A door translates and holds no rule.
