mod generate;
mod invalid;
mod round_trip;
mod valid;
