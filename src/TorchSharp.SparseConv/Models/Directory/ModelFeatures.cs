namespace TorchSharp.SparseConv;

/// <summary>Points' attributes and places as the rows of a network's input.</summary>
internal static class ModelFeatures
{
    internal static float[] Of(ModelConfig config, ReadOnlySpan<float> positions, Func<string, float[]?> attribute)
    {
        var axes = config.Architecture.Dimensions;
        if (positions.Length % axes != 0)
        {
            throw new ArgumentException(
                $"positions has {positions.Length} numbers, must be a multiple of the {axes} axes.",
                nameof(positions)
            );
        }

        var points = positions.Length / axes;
        var width = checked((int)config.Architecture.InChannels);
        var features = new float[checked(points * width)];
        var channel = 0;
        foreach (var input in config.Inputs)
        {
            var channels = input.Channels(axes);
            var to = new Columns(features, width, channel, channels);
            switch (input.Source)
            {
                case ModelInput.X or ModelInput.Y or ModelInput.Z:
                    FillPosition(to, positions, axes, input.Source[0] - 'x', input);
                    break;
                case ModelInput.VoxelOffset:
                    FillVoxelOffset(to, positions, config.VoxelSize, input);
                    break;
                default:
                    Fill(to, points, input, attribute);
                    break;
            }

            channel += channels;
        }

        return features;
    }

    private static void FillPosition(Columns to, ReadOnlySpan<float> positions, int axes, int axis, ModelInput input)
    {
        for (var point = 0; point < positions.Length / axes; point++)
        {
            to.Row(point)[0] = Scaled(input, positions[(point * axes) + axis]);
        }
    }

    // Positions divide in double, as they do where voxels are found.
    private static void FillVoxelOffset(
        Columns to,
        ReadOnlySpan<float> positions,
        IReadOnlyList<double> voxelSize,
        ModelInput input
    )
    {
        for (var i = 0; i < positions.Length; i++)
        {
            var (point, axis) = Math.DivRem(i, to.Count);
            var place = positions[i] / voxelSize[voxelSize.Count == 1 ? 0 : axis];
            to.Row(point)[axis] = Scaled(input, place - Math.Floor(place) - 0.5);
        }
    }

    private static void Fill(Columns to, int points, ModelInput input, Func<string, float[]?> attribute)
    {
        var values = input.IsAttribute ? attribute(input.Source) : null;
        var constant =
            !input.IsAttribute ? Scaled(input, 1)
            : values is null && input.Missing is null
                ? throw new ArgumentException(
                    $"the points have no attribute {input.Source}, which the network's input needs.",
                    nameof(attribute)
                )
            : (float)(input.Missing ?? 0);
        if (values is not null && values.Length != points * input.Components)
        {
            throw new ArgumentException(
                $"the attribute {input.Source} has {values.Length} values, must have {input.Components} for each of the {points} points.",
                nameof(attribute)
            );
        }

        for (var point = 0; point < points; point++)
        {
            var row = to.Row(point);
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = values is null ? constant : Scaled(input, values[(point * row.Length) + i]);
            }
        }
    }

    private static float Scaled(ModelInput input, double value) => (float)((value * input.Scale) + input.Offset);

    /// <summary>Some neighbouring columns of a row-major matrix.</summary>
    private readonly record struct Columns(float[] Values, int Width, int First, int Count)
    {
        internal Span<float> Row(int row) => Values.AsSpan((row * Width) + First, Count);
    }
}
