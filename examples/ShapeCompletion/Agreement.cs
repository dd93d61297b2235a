namespace ShapeCompletion;

/// <summary>Counts of voxels, over one shape or more: of an output, of the truth, of both, and of those that have one of the other side within a voxel.</summary>
internal readonly record struct Agreement(long Output, long Truth, long Both, long OutputNear, long TruthNear)
{
    /// <summary>Both / (output or truth), 0 to 1; 1 where there is nothing to find and nothing was found.</summary>
    public double IoU => Share(Both, Output + Truth - Both);

    /// <summary>The share of the output that lies within a voxel of the truth.</summary>
    public double Precision => Share(OutputNear, Output);

    /// <summary>The share of the truth that has some output within a voxel.</summary>
    public double Recall => Share(TruthNear, Truth);

    public static Agreement Of(Shape output, Shape truth)
    {
        var (aroundOutput, aroundTruth) = (output.Thickened(), truth.Thickened());
        return new Agreement(
            output.Cells.Length,
            truth.Cells.Length,
            output.Cells.LongCount(truth.Contains),
            output.Cells.LongCount(aroundTruth.Contains),
            truth.Cells.LongCount(aroundOutput.Contains)
        );
    }

    public static Agreement operator +(Agreement left, Agreement right) =>
        new(
            left.Output + right.Output,
            left.Truth + right.Truth,
            left.Both + right.Both,
            left.OutputNear + right.OutputNear,
            left.TruthNear + right.TruthNear
        );

    private static double Share(long part, long whole) => whole == 0 ? 1 : (double)part / whole;
}
