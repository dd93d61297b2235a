using System.Diagnostics.CodeAnalysis;
using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

[SuppressMessage("Usage", "CA2225", Justification = "The named forms have torch's names: add, sub, mul.")]
public sealed partial class SparseTensor
{
    /// <summary>
    /// The sum, voxel by voxel, of two tensors on the same voxels; see <see cref="add(SparseTensor, SparseTensor,
    /// JoinSites)"/>.
    /// </summary>
    public static SparseTensor operator +(SparseTensor left, SparseTensor right) => add(left, right);

    /// <summary>
    /// The difference, voxel by voxel, of two tensors on the same voxels; see <see cref="sub(SparseTensor,
    /// SparseTensor, JoinSites)"/>.
    /// </summary>
    public static SparseTensor operator -(SparseTensor left, SparseTensor right) => sub(left, right);

    /// <summary>
    /// The product, voxel by voxel, of two tensors on the same voxels; see <see cref="mul(SparseTensor, SparseTensor,
    /// JoinSites)"/>.
    /// </summary>
    public static SparseTensor operator *(SparseTensor left, SparseTensor right) => mul(left, right);

    /// <summary>
    /// left + right, voxel by voxel and channel by channel. They must share a coordinate manager, stride and batch
    /// size. With <see cref="JoinSites.Same"/> the voxels must be the same (free where they share a level, else looked
    /// up, in any order of rows), and ArgumentException says which one is missing. Differentiable in both.
    /// </summary>
    public static SparseTensor add(SparseTensor left, SparseTensor right, JoinSites sites = JoinSites.Same) =>
        Combine(left, right, sites, static (one, other) => one.add(other, Scalars.One));

    /// <summary>This + other, voxel by voxel; as the static one.</summary>
    public SparseTensor add(SparseTensor other, JoinSites sites = JoinSites.Same) => add(this, other, sites);

    /// <summary>This - other, voxel by voxel; as the static one.</summary>
    public SparseTensor sub(SparseTensor other, JoinSites sites = JoinSites.Same) => sub(this, other, sites);

    /// <summary>This * other, voxel by voxel; as the static one.</summary>
    public SparseTensor mul(SparseTensor other, JoinSites sites = JoinSites.Same) => mul(this, other, sites);

    /// <summary>The channels of the other behind these; as the static one.</summary>
    public SparseTensor cat(SparseTensor other, JoinSites sites = JoinSites.Same) => cat(sites, this, other);

    /// <summary>left - right, voxel by voxel; as for add.</summary>
    public static SparseTensor sub(SparseTensor left, SparseTensor right, JoinSites sites = JoinSites.Same) =>
        Combine(left, right, sites, static (one, other) => one.sub(other));

    /// <summary>
    /// left * right, voxel by voxel; as for add. With <see cref="JoinSites.Union"/> a voxel that one of them
    /// lacks becomes 0.
    /// </summary>
    public static SparseTensor mul(SparseTensor left, SparseTensor right, JoinSites sites = JoinSites.Same) =>
        Combine(left, right, sites, static (one, other) => one.mul(other));

    /// <summary>
    /// The channels of all, side by side; throws ArgumentException unless all are on the same voxels.
    /// </summary>
    public static SparseTensor cat(params SparseTensor[] tensors) => cat(JoinSites.Same, tensors);

    /// <summary>
    /// The channels of all, side by side, on the same voxels, those of any, or those of all. They must share a
    /// coordinate manager, stride and batch size. Differentiable in all.
    /// </summary>
    public static SparseTensor cat(JoinSites sites, params SparseTensor[] tensors)
    {
        var first = RequireSome(tensors);
        using var scope = torch.NewDisposeScope();
        var level = tensors
            .Skip(1)
            .Aggregate(first.map, (known, one) => Join(first, known, one, sites, nameof(tensors)));
        var parts = tensors.Select(one => one.On(level, sites)).ToArray();
        var joined = Array.TrueForAll(parts, part => part.dtype == parts[0].dtype)
            ? new ChannelsOp(parts).Run()
            : torch.cat(parts, 1);
        return new SparseTensor(joined, level, first.batch_size).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The features of each voxel's scan: a matrix [batch, C] spread over these voxels, to be added, multiplied or
    /// concatenated. Differentiable.
    /// </summary>
    public SparseTensor broadcast(torch.Tensor per_scan)
    {
        ArgumentNullException.ThrowIfNull(per_scan);
        if (per_scan.ndim != 2 || per_scan.shape[0] != batch_size)
        {
            throw new ArgumentException(
                $"per_scan has shape {Shapes.Text(per_scan.shape)}, must be [{batch_size}, channels], one row a scan.",
                nameof(per_scan)
            );
        }

        Devices.Require(per_scan, nameof(per_scan), manager);
        return new SparseTensor(Scans.Spread(this, per_scan), map, batch_size);
    }

    /// <summary>
    /// Whether both have the same voxels with the same features, in any order of rows, the same stride, batch size and
    /// element type, on the same device. Managers, spatial shapes and gradients do not count; not-a-number equals
    /// nothing.
    /// </summary>
    public bool equal(SparseTensor other) =>
        IsComparable(other) && CompareFeatures(other, static (one, two) => one.eq(two).all().item<bool>());

    /// <summary>As <see cref="equal"/>, with features that may differ by atol + rtol * |other|.</summary>
    public bool allclose(SparseTensor other, double rtol = 1e-5, double atol = 1e-8) =>
        IsComparable(other) && CompareFeatures(other, (one, two) => one.allclose(two, rtol, atol));

    private static SparseTensor Combine(
        SparseTensor left,
        SparseTensor right,
        JoinSites sites,
        Func<torch.Tensor, torch.Tensor, torch.Tensor> operation
    )
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (left.channels != right.channels)
        {
            throw new ArgumentException(
                $"right has {right.channels} channels, must have the {left.channels} of left.",
                nameof(right)
            );
        }

        using var scope = torch.NewDisposeScope();
        var level = Join(left, left.map, right, sites, nameof(right));
        var result = operation(left.On(level, sites), right.On(level, sites));
        return new SparseTensor(result, level, left.batch_size).MoveToOuterDisposeScope();
    }

    /// <summary>The level on which what was joined so far meets another tensor.</summary>
    private static CoordinateMap Join(
        SparseTensor first,
        CoordinateMap known,
        SparseTensor next,
        JoinSites sites,
        string name
    )
    {
        RequireSameManager(first, next, name);
        if (next.stride != first.stride || next.batch_size != first.batch_size)
        {
            throw new ArgumentException(
                $"{name} has {next}, must have the stride and the batch size of the first: {first}.",
                name
            );
        }

        switch (sites)
        {
            case JoinSites.Union:
                return JoinedSites.Union(known, next.map);
            case JoinSites.Intersection:
                return JoinedSites.Intersection(known, next.map);
            case JoinSites.Same:
                RequireSameSites(known, next, name);
                return known;
            default:
                throw new ArgumentOutOfRangeException(
                    nameof(sites),
                    sites,
                    $"sites is {sites}, must be Same, Union or Intersection."
                );
        }
    }

    private static void RequireSameSites(CoordinateMap known, SparseTensor next, string name)
    {
        if (ReferenceEquals(known, next.map))
        {
            return;
        }

        using var scope = torch.NewDisposeScope();
        var voxels = CoordinateRows.Of(known);
        var missing = CoordinateRows.Find(next.map, voxels).lt(Scalars.Zero).nonzero().reshape(-1);
        if (missing.shape[0] > 0 || known.Rows != next.count)
        {
            var where =
                missing.shape[0] == 0
                    ? ""
                    : $" (it lacks ({string.Join(", ", voxels.index_select(0, missing.narrow(0, 0, 1)).data<int>())}))";
            throw new ArgumentException(
                $"{name} has {next}, over other voxels than the first's {known.Rows}{where}, must be over the same, or "
                    + "joined by JoinSites.Union or Intersection.",
                name
            );
        }
    }

    /// <summary>
    /// The features at another level's voxels, zero where this tensor has none; temporaries go to the current scope.
    /// </summary>
    private torch.Tensor On(CoordinateMap level, JoinSites sites)
    {
        if (ReferenceEquals(level, map))
        {
            return features;
        }

        if (sites != JoinSites.Union)
        {
            return features.index_select(0, CoordinateRows.Find(map, CoordinateRows.Of(level)));
        }

        var places = CoordinateRows.Find(level, coordinates);
        return torch
            .zeros(new[] { level.Rows, channels }, features.dtype, features.device)
            .index_copy(0, places, features);
    }

    private bool IsComparable(SparseTensor other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return dimensions == other.dimensions
            && stride == other.stride
            && batch_size == other.batch_size
            && (count, channels) == (other.count, other.channels)
            && features.dtype == other.features.dtype
            && manager.Device == other.manager.Device;
    }

    private bool CompareFeatures(SparseTensor other, Func<torch.Tensor, torch.Tensor, bool> comparison)
    {
        using var scope = torch.NewDisposeScope();
        if (ReferenceEquals(map, other.map))
        {
            return comparison(features, other.features);
        }

        var rows = CoordinateRows.Find(other.map, coordinates);
        return rows.ge(Scalars.Zero).all().item<bool>() && comparison(features, other.features.index_select(0, rows));
    }
}
