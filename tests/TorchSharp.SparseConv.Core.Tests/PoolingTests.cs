namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Pooling on matrices of the caller: what is written and saved, and what is refused.</summary>
[TestFixtureSource(typeof(Backends), nameof(Backends.Available))]
public sealed class PoolingTests(Backend backend)
{
    private const ConvolutionDirection Down = ConvolutionDirection.FineToCoarse;

    [Test]
    public void Each_kind_takes_what_its_name_says_and_gives_its_gradient_back()
    {
        using var manager = backend.Manager(1);
        var fine = manager.Insert([0, 5, 0, 0, 0, 1]);
        var geometry = KernelGeometry.Create(1, size: 4, stride: 4);
        var rulebook = manager.Rulebook(manager.Coarsen(fine, geometry, StridedSites.Dilate), fine, geometry);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Run(rulebook, PoolingKind.Max), Is.EqualTo(new[] { -2.0, -7, 20, 10, 0 }), "max");
            Assert.That(Run(rulebook, PoolingKind.Sum), Is.EqualTo(new[] { -6.0, -7, 20, 10, 10 }), "sum");
            Assert.That(Run(rulebook, PoolingKind.Mean), Is.EqualTo(new[] { -3.0, -7, 20, 5, 5 }), "mean");
            Assert.That(
                Run(rulebook, PoolingKind.MeanOverVolume),
                Is.EqualTo(new[] { -1.5, -1.75, 5, 2.5, 2.5 }),
                "mean over the volume"
            );
        }
    }

    [Test]
    public void What_does_not_fit_is_refused_by_name()
    {
        using var scene = new Scene(Cases.Named("3d_dilate_3_stride_2"), backend);
        var (fine, coarse) = (scene.Fine.Rows, scene.Coarse.Rows);
        var (input, output) = (new Matrix<float>(fine, 3, backend).View, new Matrix<float>(coarse, 3, backend).View);
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => Forward(input with { Rows = 1 }, output), "input", $"must be [{fine}, 3]");
            Refused.With(() => Forward(input, output with { Columns = 2 }), "output", $"must be [{coarse}, 3]");
            Refused.With(() => Forward(input, output, (PoolingKind)9), "kind", "kind is 9, must be one of Max, Sum");
            Refused.With(
                () => Forward(input, output, saved: new Workspace(64, 8)),
                "saved",
                $"saved has 8 bytes, must have {coarse * 3 * 4}"
            );
            Refused.With(
                () => Pooling.Backward(scene.Rulebook, Down, PoolingKind.Mean, output, input),
                "saved",
                $"saved has 0 bytes, must have {coarse * 4}"
            );
        }

        void Forward(MatrixView from, MatrixView to, PoolingKind kind = PoolingKind.Max, Workspace saved = default) =>
            Pooling.Forward(scene.Rulebook, Down, kind, from, to, saved);
    }

    // Pools -7 (in the second voxel), -2 and -4 (in the first); gradients of the two are 10 and 20.
    private double[] Run(Rulebook rulebook, PoolingKind kind)
    {
        var input = Filled(-7, -2, -4);
        var gradient = Filled(10, 20);
        var output = new Matrix<double>(2, 1, backend).Fill(double.NaN);
        var gradInput = new Matrix<double>(3, 1, backend).Fill(double.NaN);
        var saved = new DeviceArray<int>(backend, Pooling.SavedBytes(rulebook, Down, kind, 1) / sizeof(int));
        Pooling.Forward(rulebook, Down, kind, input.View, output.View, saved.Workspace);
        Pooling.Backward(rulebook, Down, kind, gradient.View, gradInput.View, saved.Workspace);
        return [.. output.Data, .. gradInput.Data];
    }

    private Matrix<double> Filled(params double[] values)
    {
        var matrix = new Matrix<double>(values.Length, 1, backend);
        values.CopyTo(matrix.Data, 0);
        return matrix;
    }
}
