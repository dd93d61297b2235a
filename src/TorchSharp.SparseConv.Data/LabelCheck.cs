namespace TorchSharp.SparseConv.Data;

// What every writer asks of the labels it is given.
internal static class LabelCheck
{
    public static void OnePerPoint(ReadOnlySpan<int> labels, int points, int classes)
    {
        if (labels.Length != points)
        {
            throw new ArgumentException(
                $"labels has {labels.Length} entries, must have one for each of the {points} points",
                nameof(labels)
            );
        }
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] < 0 || labels[i] >= classes)
            {
                throw new ArgumentException(
                    $"labels[{i}] is {labels[i]}, must be a class from 0 to {classes - 1}",
                    nameof(labels)
                );
            }
        }
    }
}
