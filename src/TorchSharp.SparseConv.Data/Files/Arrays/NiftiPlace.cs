namespace TorchSharp.SparseConv.Data.Files;

// Where the voxels of a NIfTI-1 file are: 16 numbers, row-major.
internal static class NiftiPlace
{
    public static double[] Of(NiftiHeader header)
    {
        if (header.Int16(254) > 0)
        {
            return Rows(header);
        }
        return header.Int16(252) > 0 ? Turned(header) : [];
    }

    private static double[] Rows(NiftiHeader header)
    {
        var affine = new double[16];
        for (var i = 0; i < 12; i++)
        {
            affine[i] = header.Finite(280 + 4 * i, "the sform");
        }
        affine[15] = 1;
        return affine;
    }

    // A rotation as a unit quaternion, of which the first number follows from the others; the sign of pixdim[0] mirrors z.
    private static double[] Turned(NiftiHeader header)
    {
        var (b, c, d) = (Number(256), Number(260), Number(264));
        var a = Math.Sqrt(Math.Max(0, 1 - (b * b + c * c + d * d)));
        double[] rotation =
        [
            a * a + b * b - c * c - d * d,
            2 * (b * c - a * d),
            2 * (b * d + a * c),
            2 * (b * c + a * d),
            a * a + c * c - b * b - d * d,
            2 * (c * d - a * b),
            2 * (b * d - a * c),
            2 * (c * d + a * b),
            a * a + d * d - b * b - c * c,
        ];
        var affine = new double[16];
        for (var row = 0; row < 3; row++)
        {
            for (var column = 0; column < 3; column++)
            {
                var mirror = column == 2 && Number(76) < 0 ? -1 : 1;
                affine[4 * row + column] = rotation[3 * row + column] * mirror * Number(80 + 4 * column);
            }
            affine[4 * row + 3] = Number(268 + 4 * row);
        }
        affine[15] = 1;
        return affine;

        double Number(int at) => header.Finite(at, "the qform");
    }
}
