// The strokes of the digits, as points.

#include <reel/data/digit_strokes.h>

#include <array>
#include <cstddef>

namespace reel::data {
namespace {

constexpr bool corner = true;

// --- 0: a round one, one whose ends cross, a narrow leaning one
constexpr StrokePoint kZeroRound[] = {{.50F, .02F}, {.24F, .18F}, {.15F, .50F}, {.24F, .84F}, {.50F, .98F},
                                      {.76F, .84F}, {.85F, .50F}, {.76F, .18F}, {.50F, .02F}};
constexpr StrokePoint kZeroCrossed[] = {{.68F, .10F}, {.42F, .06F}, {.20F, .34F}, {.18F, .68F}, {.40F, .96F},
                                        {.70F, .86F}, {.83F, .48F}, {.72F, .14F}, {.46F, .02F}};
constexpr StrokePoint kZeroNarrow[] = {{.60F, .03F}, {.38F, .20F}, {.27F, .55F}, {.32F, .88F}, {.48F, .97F},
                                       {.66F, .78F}, {.74F, .42F}, {.70F, .12F}, {.58F, .03F}};
constexpr Stroke kZero0[] = {kZeroRound}, kZero1[] = {kZeroCrossed}, kZero2[] = {kZeroNarrow};
constexpr Glyph kZero[] = {kZero0, kZero1, kZero2};

// --- 1: a bar, a bar with a flag, with flag and foot
constexpr StrokePoint kOneBar[] = {{.52F, .00F}, {.50F, .50F}, {.48F, 1.0F}};
constexpr StrokePoint kOneFlag[] = {{.30F, .26F}, {.44F, .14F}, {.55F, .00F, corner}, {.53F, .50F}, {.52F, 1.0F}};
constexpr StrokePoint kOneFoot[] = {{.26F, 1.0F}, {.52F, .99F}, {.80F, .99F}};
constexpr Stroke kOne0[] = {kOneBar}, kOne1[] = {kOneFlag}, kOne2[] = {kOneFlag, kOneFoot};
constexpr Glyph kOne[] = {kOne0, kOne1, kOne2};

// --- 2: with a straight foot, with a loop, with a wave
constexpr StrokePoint kTwoStraight[] = {{.18F, .26F}, {.30F, .06F},         {.56F, .00F}, {.78F, .17F}, {.70F, .44F},
                                        {.44F, .72F}, {.14F, .98F, corner}, {.50F, .97F}, {.86F, .98F}};
constexpr StrokePoint kTwoLoop[] = {{.20F, .18F}, {.44F, .02F}, {.74F, .12F}, {.72F, .42F}, {.48F, .74F}, {.24F, .96F},
                                    {.11F, .90F}, {.20F, .77F}, {.42F, .84F}, {.62F, .97F}, {.90F, .90F}};
constexpr StrokePoint kTwoWave[] = {{.16F, .10F}, {.46F, .00F},         {.80F, .10F}, {.78F, .36F}, {.46F, .66F},
                                    {.18F, .92F}, {.22F, .92F, corner}, {.48F, .86F}, {.66F, .98F}, {.88F, .92F}};
constexpr Stroke kTwo0[] = {kTwoStraight}, kTwo1[] = {kTwoLoop}, kTwo2[] = {kTwoWave};
constexpr Glyph kTwo[] = {kTwo0, kTwo1, kTwo2};

// --- 3: two bows, a flat top, a small loop in the middle
constexpr StrokePoint kThreeBows[] = {{.20F, .15F}, {.46F, .00F}, {.74F, .12F}, {.70F, .36F}, {.42F, .47F, corner},
                                      {.74F, .57F}, {.82F, .80F}, {.54F, 1.0F}, {.16F, .88F}};
constexpr StrokePoint kThreeFlat[] = {{.20F, .04F}, {.50F, .03F}, {.80F, .03F, corner}, {.44F, .40F, corner},
                                      {.74F, .50F}, {.82F, .76F}, {.52F, 1.0F},         {.15F, .88F}};
constexpr StrokePoint kThreeLoop[] = {{.22F, .10F}, {.50F, .00F}, {.74F, .16F}, {.64F, .38F},
                                      {.44F, .47F}, {.38F, .42F}, {.50F, .42F}, {.74F, .54F},
                                      {.80F, .78F}, {.56F, .98F}, {.20F, .92F}};
constexpr Stroke kThree0[] = {kThreeBows}, kThree1[] = {kThreeFlat}, kThree2[] = {kThreeLoop};
constexpr Glyph kThree[] = {kThree0, kThree1, kThree2};

// --- 4: open with two strokes, closed in one, open and rounded
constexpr StrokePoint kFourCup[] = {{.28F, .04F}, {.20F, .32F}, {.14F, .56F, corner}, {.50F, .55F}, {.88F, .52F}};
constexpr StrokePoint kFourBar[] = {{.70F, .06F}, {.67F, .50F}, {.64F, 1.0F}};
constexpr StrokePoint kFourClosed[] = {{.64F, 1.0F},         {.66F, .50F}, {.68F, .00F, corner}, {.40F, .36F},
                                       {.12F, .66F, corner}, {.50F, .66F}, {.92F, .65F}};
constexpr StrokePoint kFourRound[] = {{.20F, .06F}, {.17F, .34F}, {.30F, .52F}, {.54F, .52F}, {.76F, .42F}};
constexpr StrokePoint kFourTail[] = {{.80F, .04F}, {.75F, .46F}, {.70F, 1.0F}};
constexpr Stroke kFour0[] = {kFourCup, kFourBar}, kFour1[] = {kFourClosed}, kFour2[] = {kFourRound, kFourTail};
constexpr Glyph kFour[] = {kFour0, kFour1, kFour2};

// --- 5: with a separate roof, in one stroke, like an S
constexpr StrokePoint kFiveBelly[] = {{.30F, .03F}, {.25F, .42F, corner}, {.52F, .35F}, {.80F, .54F},
                                      {.76F, .84F}, {.46F, 1.0F},         {.16F, .88F}};
constexpr StrokePoint kFiveRoof[] = {{.30F, .04F}, {.56F, .04F}, {.84F, .01F}};
constexpr StrokePoint kFiveOne[] = {{.80F, .02F},         {.56F, .03F}, {.32F, .05F, corner},
                                    {.26F, .44F, corner}, {.56F, .38F}, {.82F, .60F},
                                    {.68F, .92F},         {.40F, 1.0F}, {.14F, .88F}};
constexpr StrokePoint kFiveLikeS[] = {{.80F, .04F}, {.46F, .03F}, {.28F, .16F}, {.32F, .38F}, {.60F, .48F},
                                      {.78F, .66F}, {.68F, .92F}, {.40F, 1.0F}, {.16F, .90F}};
constexpr Stroke kFive0[] = {kFiveBelly, kFiveRoof}, kFive1[] = {kFiveOne}, kFive2[] = {kFiveLikeS};
constexpr Glyph kFive[] = {kFive0, kFive1, kFive2};

// --- 6: bowed, straight, with a hooked beginning
constexpr StrokePoint kSixBowed[] = {{.70F, .02F}, {.40F, .20F}, {.20F, .55F}, {.25F, .87F}, {.50F, 1.0F},
                                     {.78F, .85F}, {.75F, .60F}, {.50F, .52F}, {.24F, .68F}};
constexpr StrokePoint kSixStraight[] = {{.52F, .00F}, {.32F, .38F}, {.20F, .74F}, {.40F, .99F},
                                        {.70F, .92F}, {.74F, .70F}, {.50F, .60F}, {.23F, .76F}};
constexpr StrokePoint kSixHooked[] = {{.78F, .14F}, {.58F, .02F}, {.34F, .14F}, {.18F, .50F},
                                      {.22F, .84F}, {.48F, 1.0F}, {.76F, .88F}, {.76F, .62F},
                                      {.52F, .50F}, {.28F, .60F}, {.20F, .74F}};
constexpr Stroke kSix0[] = {kSixBowed}, kSix1[] = {kSixStraight}, kSix2[] = {kSixHooked};
constexpr Glyph kSix[] = {kSix0, kSix1, kSix2};

// --- 7: plain, with a bar, with a serif, with a wavy roof
constexpr StrokePoint kSevenPlain[] = {{.14F, .06F}, {.50F, .05F}, {.84F, .04F, corner}, {.60F, .46F}, {.42F, 1.0F}};
constexpr StrokePoint kSevenBar[] = {{.30F, .52F}, {.52F, .50F}, {.78F, .49F}};
constexpr StrokePoint kSevenSerif[] = {{.15F, .22F},         {.17F, .06F, corner}, {.50F, .06F},
                                       {.84F, .03F, corner}, {.62F, .40F},         {.50F, 1.0F}};
constexpr StrokePoint kSevenWavy[] = {{.12F, .16F}, {.28F, .03F}, {.54F, .10F}, {.84F, .03F, corner},
                                      {.64F, .34F}, {.48F, .66F}, {.40F, 1.0F}};
constexpr Stroke kSeven0[] = {kSevenPlain}, kSeven1[] = {kSevenPlain, kSevenBar}, kSeven2[] = {kSevenSerif},
                 kSeven3[] = {kSevenWavy};
constexpr Glyph kSeven[] = {kSeven0, kSeven1, kSeven2, kSeven3};

// --- 8: in one stroke, open at the top, two rings
constexpr StrokePoint kEightOne[] = {{.72F, .16F}, {.50F, .00F}, {.26F, .16F}, {.36F, .38F}, {.62F, .54F}, {.80F, .78F},
                                     {.50F, 1.0F}, {.20F, .80F}, {.36F, .56F}, {.62F, .40F}, {.73F, .18F}};
constexpr StrokePoint kEightOpen[] = {{.80F, .08F}, {.52F, .02F}, {.28F, .12F}, {.32F, .36F},
                                      {.60F, .52F}, {.76F, .76F}, {.52F, .99F}, {.24F, .84F},
                                      {.34F, .60F}, {.60F, .36F}, {.82F, .06F}};
constexpr StrokePoint kEightTop[] = {{.52F, .02F}, {.32F, .10F}, {.28F, .28F}, {.48F, .46F},
                                     {.70F, .32F}, {.72F, .12F}, {.52F, .02F}};
constexpr StrokePoint kEightBottom[] = {{.48F, .46F}, {.26F, .58F}, {.20F, .80F}, {.48F, 1.0F},
                                        {.78F, .82F}, {.74F, .58F}, {.48F, .46F}};
constexpr Stroke kEight0[] = {kEightOne}, kEight1[] = {kEightOpen}, kEight2[] = {kEightTop, kEightBottom};
constexpr Glyph kEight[] = {kEight0, kEight1, kEight2};

// --- 9: with a straight tail, with a bowed tail, with a slanting one
constexpr StrokePoint kNineStraight[] = {{.74F, .20F}, {.54F, .02F}, {.28F, .12F},         {.22F, .36F}, {.44F, .50F},
                                         {.68F, .38F}, {.76F, .16F}, {.76F, .12F, corner}, {.74F, .56F}, {.72F, 1.0F}};
constexpr StrokePoint kNineBowed[] = {{.76F, .18F}, {.54F, .01F}, {.28F, .12F}, {.24F, .38F},
                                      {.48F, .52F}, {.72F, .38F}, {.78F, .16F}, {.80F, .50F},
                                      {.70F, .86F}, {.46F, 1.0F}, {.20F, .90F}};
constexpr StrokePoint kNineSlanting[] = {{.72F, .10F}, {.46F, .02F},         {.24F, .20F}, {.26F, .42F}, {.50F, .46F},
                                         {.72F, .28F}, {.76F, .08F, corner}, {.66F, .52F}, {.44F, 1.0F}};
constexpr Stroke kNine0[] = {kNineStraight}, kNine1[] = {kNineBowed}, kNine2[] = {kNineSlanting};
constexpr Glyph kNine[] = {kNine0, kNine1, kNine2};

constexpr std::array<std::span<const Glyph>, 10> kDigits = {kZero, kOne, kTwo,   kThree, kFour,
                                                            kFive, kSix, kSeven, kEight, kNine};

}  // namespace

std::span<const Glyph> digit_glyphs(int digit) { return kDigits[static_cast<std::size_t>(digit)]; }

}  // namespace reel::data
