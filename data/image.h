#pragma once

#include <string>

#include <reel/tensor/tensor.h>

/// Pictures in files, and in other sizes. Images are tensors [..., channels, height, width].
namespace reel::data {

/// The picture in a PNG or JPEG file, u8 [channels, height, width] on the CPU: 3 channels are red, green and blue, 1 is
/// grey, by the library's conversion. Transparent pixels are shown on white; an orientation in EXIF data is not
/// applied. What the file is, its first bytes tell. An IOError if it cannot be read, or if Reel was built without the
/// library for its format (libpng, libjpeg); a FormatError if it is neither, is damaged, has CMYK colours or more than
/// 2^28 pixels; a ValueError for another number of channels.
Tensor read_image(const std::string& path, std::int64_t channels = 3);

/// Writes a picture [channels, height, width] of 1 or 3 channels and at most 2^28 pixels to a PNG or JPEG file, by the
/// end of its name: .png, .jpg or .jpeg. u8, or a floating dtype from 0 to 1, which is rounded; what lies outside is
/// cut off, and NaN is black. `quality` is JPEG's, from 1 to 100. A ShapeError or DTypeError for other images, a
/// ValueError for another name or quality, an IOError if the file cannot be written or the library is missing; the file
/// is replaced at once when it is complete.
void write_image(const std::string& path, const Tensor& image, int quality = 90);

/// The images at another size, by linear interpolation between pixels whose centres lie half a pixel inside: as
/// torchvision's `resize`. With `antialias` each pixel of a smaller image is the mean of all that it covers, weighted
/// by a triangle; a pixel that is not finite then spoils its row and its column. A floating dtype, any device; has
/// gradients.
Tensor resize(const Tensor& images, std::int64_t height, std::int64_t width, bool antialias = true);

/// The middle of the images, as torchvision's `center_crop` rounds where that is; a ShapeError if they are smaller. A
/// view.
Tensor center_crop(const Tensor& images, std::int64_t height, std::int64_t width);

}  // namespace reel::data
