# Data for the tests of the example programs; they source this file, with `programs` set. Every second image is white, of
# class 5; the others are the bytes of a program, of class 3: two classes that a network can tell apart.

# pixels I BYTES: those of image I
pixels() {
  if [ $(($1 % 2)) = 1 ]; then head -c "$2" /dev/zero | tr '\0' '\377'
  else head -c "$2" < <(tail -c "+$(($1 * 97 + 1))" "$programs/mnist_cnn")
  fi
}
# idx NAME COUNT: images and labels in MNIST's format
idx() {
  local count
  count=$(printf '\\x%02x\\x%02x' $(($2 / 256)) $(($2 % 256)))
  { printf '\x00\x00\x08\x03\x00\x00'"$count"'\x00\x00\x00\x1c\x00\x00\x00\x1c'
    for i in $(seq 0 $(($2 - 1))); do pixels "$i" 784; done; } >"data/mnist/$1-images-idx3-ubyte"
  { printf '\x00\x00\x08\x01\x00\x00'"$count"
    for i in $(seq $(($2 / 2))); do printf '\3\5'; done; } >"data/mnist/$1-labels-idx1-ubyte"
}
# photographs NAME COUNT: the same in CIFAR-10's format
photographs() {
  for i in $(seq 0 $(($2 - 1))); do
    [ $((i % 2)) = 1 ] && printf '\5' || printf '\3'
    pixels "$i" 3072
  done >"data/cifar10/$1"
}
