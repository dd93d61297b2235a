using System.Text.Json;
using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests.Golden;

/// <summary>
/// Outputs and gradients that MinkowskiEngine, spconv, TorchSparse and SparseConvNet computed on the CPU in float32.
/// Rows are compared by coordinate, taps by the displacement that they read; largest deviation over largest value at
/// most 1e-5.
/// </summary>
[TestFixture]
public sealed class GoldenTests
{
    private const double Tolerance = 1e-5;

    [TestCase("me/subm_k3")]
    [TestCase("me/conv_k2_s2")]
    [TestCase("me/conv_k3_s2")]
    [TestCase("me/deconv_k2_s2")]
    [TestCase("scn/subm_k2_s1")]
    [TestCase("scn/subm_k3")]
    [TestCase("spconv121/conv_k3_s2")]
    [TestCase("spconv238/conv_k3_s2")]
    [TestCase("spconv238/deconv_k2_s2")]
    [TestCase("spconv238/subm_k3")]
    [TestCase("ts20/conv_k2_s2")]
    [TestCase("ts20/subm_k3")]
    public void Output_and_gradients_are_those_of_the_other_library(string name)
    {
        using var scope = torch.NewDisposeScope();
        var data = new GoldenCase(name);
        using var layer = data.Layer();
        var order = TapOrder(layer.Geometry, data.Read("offsets"));
        using (torch.no_grad())
        {
            layer.weight.copy_(data.Read("weight_kio").index_select(0, order));
        }

        var features = data.Read("in_feats").requires_grad_();
        var result = data.Run(layer, features);
        var rows = RowOrder(Level(result.coordinates, result.stride), data.Read("out_coords"));
        result.features.backward([data.Read("grad_out").index_select(0, rows)]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Tensors.Deviation(result.features, data.Read("out_feats").index_select(0, rows)),
                Is.LessThan(Tolerance),
                "output"
            );
            Assert.That(
                Tensors.Deviation(features.grad!, data.Read("grad_in")),
                Is.LessThan(Tolerance),
                "gradient of features"
            );
            Assert.That(
                Tensors.Deviation(layer.weight.grad!, data.GradWeight().index_select(0, order)),
                Is.LessThan(Tolerance),
                "gradient of weight"
            );
        }
    }

    [TestCase("me/maxpool_k2_s2")]
    [TestCase("me/avgpool_k3_s2")]
    public void Pooling_is_that_of_the_other_library(string name)
    {
        using var scope = torch.NewDisposeScope();
        var data = new GoldenCase(name);
        using SparsePoolNd layer = name.Contains("max", StringComparison.Ordinal)
            ? new SparseMaxPool3d(2, sites: StridedSites.Downsample)
            : new SparseAvgPool3d(3, stride: 2, padding: 1, sites: StridedSites.Downsample);
        var features = data.Read("in_feats").requires_grad_();
        var result = layer.call(new SparseTensor(features, data.Read("in_coords")));
        var rows = RowOrder(Level(result.coordinates, result.stride), data.Read("out_coords"));
        result.features.backward([data.Read("grad_out").index_select(0, rows)]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Tensors.Deviation(result.features, data.Read("out_feats").index_select(0, rows)),
                Is.LessThan(Tolerance),
                "output"
            );
            Assert.That(
                Tensors.Deviation(features.grad!, data.Read("grad_in")),
                Is.LessThan(Tolerance),
                "gradient of features"
            );
        }
    }

    /// <summary>For each of our taps, the other library's tap that reads the same displacement.</summary>
    private static torch.Tensor TapOrder(KernelGeometry geometry, torch.Tensor offsets)
    {
        var theirs = Tensors.Rows(offsets).Select((row, i) => (Tensors.Key(row), (long)i)).ToDictionary();
        var order = Enumerable.Range(0, geometry.Taps).Select(tap => theirs[Tensors.Key(geometry.TapOffset(tap))]);
        return torch.tensor(order.ToArray(), torch.ScalarType.Int64);
    }

    /// <summary>For each of our rows, the other library's; fails unless both have the same sites.</summary>
    private static torch.Tensor RowOrder(int[][] ours, torch.Tensor coordinates)
    {
        var theirs = Tensors.Rows(coordinates).Select((row, i) => (Tensors.Key(row), (long)i)).ToDictionary();
        Assert.That(ours.Select(row => Tensors.Key(row)), Is.EquivalentTo(theirs.Keys), "sites");
        return torch.tensor(ours.Select(row => theirs[Tensors.Key(row)]).ToArray(), torch.ScalarType.Int64);
    }

    /// <summary>Rows in units of the finest voxel.</summary>
    private static int[][] Level(torch.Tensor coordinates, PerAxis stride) =>
        [
            .. Tensors
                .Rows(coordinates)
                .Select(row => row.Select((value, i) => i == 0 ? value : value * stride[i - 1]).ToArray()),
        ];

    /// <summary>The files of one case, and the layer that it stands for.</summary>
    private sealed class GoldenCase
    {
        private readonly string _folder;
        private readonly string _kind;
        private readonly int _kernel;
        private readonly int _stride;
        private readonly string _library;

        internal GoldenCase(string name)
        {
            _folder = TestData.Require(Path.Combine("golden", name));
            _library = name.Split('/')[0];
            using var meta = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "meta.json")));
            _kind = meta.RootElement.GetProperty("kind").GetString()!;
            _kernel = meta.RootElement.GetProperty("kernel").GetInt32();
            _stride = meta.RootElement.GetProperty("stride").GetInt32();
        }

        private bool IsLibrary(string name) => string.Equals(_library, name, StringComparison.Ordinal);

        private bool IsKind(string name) => string.Equals(_kind, name, StringComparison.Ordinal);

        internal torch.Tensor Read(string file) => Npy.Read(Path.Combine(_folder, file + ".npy"));

        internal SparseConvolution Layer()
        {
            var weight = Read("weight_kio").shape;
            var (input, output) = (weight[1], weight[2]);
            return _kind switch
            {
                "subm" when int.IsOddInteger(_kernel) => new SubMConv3d(input, output, _kernel, bias: false),

                // SparseConvNet's even kernel reads -1..0, which is a padding of 1 at the input's own sites.
                "subm" => new SparseConv3d(input, output, _kernel, padding: 1, bias: false),
                "conv" => new SparseConv3d(
                    input,
                    output,
                    _kernel,
                    _stride,
                    padding: _kernel == 3 ? 1 : 0,
                    bias: false,
                    sites: IsLibrary("me") ? StridedSites.Downsample : StridedSites.Dilate
                ),
                _ => new SparseConvTranspose3d(input, output, _kernel, _stride, bias: false),
            };
        }

        internal SparseTensor Run(SparseConvolution layer, torch.Tensor features)
        {
            PerAxis? shape = _library.StartsWith("spconv", StringComparison.Ordinal) ? 80 : null;
            if (IsKind("deconv"))
            {
                return layer.call(OnCoarseLevel(features, shape));
            }

            var input = new SparseTensor(features, Read("in_coords"), spatial_shape: shape);
            return IsKind("subm") && layer is SparseConv3d ? layer.call(input, input) : layer.call(input);
        }

        internal torch.Tensor GradWeight()
        {
            var weight = Read("grad_weight");
            var taps = Read("weight_kio").shape;
            return IsLibrary("spconv238")
                ? weight.reshape(taps[2], taps[0], taps[1]).permute(1, 2, 0)
                : weight.reshape(taps);
        }

        /// <summary>The coarse tensor below the output's voxels, its rows in the file's order.</summary>
        private SparseTensor OnCoarseLevel(torch.Tensor features, PerAxis? shape)
        {
            var fine = Read("out_coords");
            var ones = torch.ones(new[] { fine.shape[0], 1 });
            using var down = new SparseConv3d(1, 1, _kernel, _stride);
            var level = down.call(new SparseTensor(ones, fine, spatial_shape: shape));
            var rows = RowOrder(Level(level.coordinates, level.stride), Read("in_coords"));
            return level.with_features(features.index_select(0, rows));
        }
    }
}
