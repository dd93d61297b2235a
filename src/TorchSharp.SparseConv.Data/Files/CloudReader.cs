namespace TorchSharp.SparseConv.Data.Files;

// A cloud that is in memory already, of a format that is read whole.
internal sealed class CloudReader : PointReader
{
    private readonly PointCloud _cloud;

    public CloudReader(PointCloud cloud)
        : base(null)
    {
        _cloud = cloud;
        PointsLeft = cloud.Count;
    }

    protected override PointCloud ReadPoints(int count)
    {
        var first = _cloud.Count - (int)PointsLeft;
        return count == _cloud.Count ? _cloud : _cloud.Select([.. Enumerable.Range(first, count)]);
    }
}
