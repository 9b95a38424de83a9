//! All integration tests in one binary: it links once.

mod app;
mod internal;
mod judge;
mod nameserver;
mod origin;

mod architecture;
mod cluster;
mod command;
mod config;
mod durable;
mod embedded;
mod capacity;
mod entities;
mod explain;
mod fetch;
mod gone;
mod hostile;
mod hub;
mod hubs;
mod manners;
mod names;
mod parse;
mod poll;
mod readers;
mod postgres;
mod press;
mod pruned;
mod push;
mod render;
mod schedule;
mod seeds;
mod serve;
mod story;
mod tls;
mod torment;
