module rekey

go 1.26.0
