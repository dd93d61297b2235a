namespace SparseDigits;

/// <summary>Draws digits with a pen. The strokes are bent, slanted, rotated and shifted at random.</summary>
internal static class DrawnDigits
{
    private const int PointsOfArc = 12;

    /// <summary>Draws a number of digits, 0 to 9 in turn. The same seed gives the same digits.</summary>
    public static Digits Draw(int count, int seed)
    {
        var random = new Random(seed);
        var labels = new int[count];
        var pixels = new byte[count * Digits.Size * Digits.Size];
        for (var i = 0; i < count; i++)
        {
            labels[i] = i % Digits.Classes;
            var image = pixels.AsSpan(i * Digits.Size * Digits.Size, Digits.Size * Digits.Size);
            var hand = Hand.Random(random);
            foreach (var stroke in Strokes(labels[i]))
            {
                var points = Array.ConvertAll(stroke, hand.Place);
                for (var point = 1; point < points.Length; point++)
                {
                    Ink(image, points[point - 1], points[point], hand.Radius);
                }
            }
        }
        return new Digits(pixels, labels);
    }

    // The strokes in a square of side 1, x to the right and y down.
    private static (double X, double Y)[][] Strokes(int digit) =>
        digit switch
        {
            0 => [Arc(0.5, 0.5, 0.27, 0.4, 0, 360)],
            1 =>
            [
                [(0.36, 0.26), (0.54, 0.1), (0.54, 0.9)],
            ],
            2 =>
            [
                [.. Arc(0.5, 0.33, 0.24, 0.23, 180, 395), (0.25, 0.88), (0.78, 0.88)],
            ],
            3 => [Arc(0.47, 0.3, 0.22, 0.2, 210, 450), Arc(0.47, 0.7, 0.25, 0.2, 270, 510)],
            4 =>
            [
                [(0.58, 0.1), (0.22, 0.62), (0.8, 0.62)],
                [(0.6, 0.36), (0.6, 0.92)],
            ],
            5 =>
            [
                [(0.74, 0.12), (0.32, 0.12), (0.3, 0.46), .. Arc(0.47, 0.66, 0.25, 0.23, 240, 500)],
            ],
            6 =>
            [
                [(0.66, 0.1), (0.42, 0.32), (0.29, 0.62)],
                Arc(0.51, 0.68, 0.23, 0.22, 0, 360),
            ],
            7 =>
            [
                [(0.22, 0.12), (0.78, 0.12), (0.42, 0.9)],
            ],
            8 => [Arc(0.5, 0.3, 0.19, 0.19, 0, 360), Arc(0.5, 0.7, 0.24, 0.21, 0, 360)],
            _ => [Arc(0.49, 0.33, 0.22, 0.22, 0, 360), [(0.71, 0.33), (0.64, 0.9)]],
        };

    // The angles are in degrees, clockwise from the right.
    private static (double X, double Y)[] Arc(double x, double y, double width, double height, int from, int to)
    {
        var points = new (double, double)[PointsOfArc + 1];
        for (var i = 0; i < points.Length; i++)
        {
            var angle = (from + ((to - from) * (double)i / PointsOfArc)) * Math.PI / 180;
            points[i] = (x + (width * Math.Cos(angle)), y + (height * Math.Sin(angle)));
        }
        return points;
    }

    // A pixel is as dark as the pen covers it. Crossing strokes do not add up.
    private static void Ink(Span<byte> image, (double X, double Y) from, (double X, double Y) to, double radius)
    {
        var reach = radius + 0.5;
        var (top, bottom) = Range(from.Y, to.Y, reach);
        var (left, right) = Range(from.X, to.X, reach);
        for (var row = top; row <= bottom; row++)
        {
            for (var column = left; column <= right; column++)
            {
                var covered = Math.Clamp(reach - Distance((column, row), from, to), 0, 1);
                ref var pixel = ref image[(row * Digits.Size) + column];
                pixel = Math.Max(pixel, (byte)(255 * covered));
            }
        }
    }

    private static (int First, int Last) Range(double one, double other, double reach) =>
        (
            Math.Max(0, (int)Math.Ceiling(Math.Min(one, other) - reach)),
            Math.Min(Digits.Size - 1, (int)Math.Floor(Math.Max(one, other) + reach))
        );

    private static double Distance((double X, double Y) point, (double X, double Y) from, (double X, double Y) to)
    {
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var length = (dx * dx) + (dy * dy);
        var along = length == 0 ? 0 : (((point.X - from.X) * dx) + ((point.Y - from.Y) * dy)) / length;
        along = Math.Clamp(along, 0, 1);
        return double.Hypot(point.X - from.X - (along * dx), point.Y - from.Y - (along * dy));
    }

    /// <summary>A random handwriting: the transformation of the strokes and the radius of the pen in pixels.</summary>
    private sealed class Hand
    {
        private const double Box = 21;
        private const double Unsteadiness = 0.022;

        private readonly Random _random;
        private readonly double _turn;
        private readonly double _slant;
        private readonly (double X, double Y) _scale;
        private readonly (double X, double Y) _centre;

        private Hand(Random random)
        {
            _random = random;
            _turn = Between(-0.22, 0.22);
            _slant = Between(-0.3, 0.3);
            _scale = (Box * Between(0.75, 1.1), Box * Between(0.85, 1.1));
            _centre = ((Digits.Size / 2.0) + Between(-1.5, 1.5), (Digits.Size / 2.0) + Between(-1.5, 1.5));
            Radius = Between(0.7, 1.5);
        }

        public double Radius { get; }

        public static Hand Random(Random random) => new(random);

        public (double X, double Y) Place((double X, double Y) point)
        {
            var y = (point.Y - 0.5 + Between(-Unsteadiness, Unsteadiness)) * _scale.Y;
            var x = ((point.X - 0.5 + Between(-Unsteadiness, Unsteadiness)) * _scale.X) - (_slant * y);
            var (sin, cos) = Math.SinCos(_turn);
            return (_centre.X + (cos * x) - (sin * y), _centre.Y + (sin * x) + (cos * y));
        }

        private double Between(double low, double high) => low + ((high - low) * _random.NextDouble());
    }
}
