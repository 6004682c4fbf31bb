module keelson.sandbox/pause

go 1.26.0
