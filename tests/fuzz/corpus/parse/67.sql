-- comment
--@test: name
SELECT /* a */ * FROM S -- b
;