# Turns a text file into a C string:  cmake -DIN=style.css -DOUT=style.c -P embed.cmake
file(READ ${IN} text HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${text}")
file(WRITE ${OUT} "#include \"web/style.h\"\nconst char web_style[] = {${bytes}0};\n")
