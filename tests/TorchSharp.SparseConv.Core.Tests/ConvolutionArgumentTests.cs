namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Matrices that do not fit are refused by name before anything is written.</summary>
[TestFixture]
public sealed class ConvolutionArgumentTests
{
    private const ConvolutionDirection Down = ConvolutionDirection.FineToCoarse;

    private Scene _scene = null!;
    private Problem<float> _problem = null!;
    private Matrix<float> _output = null!;

    [SetUp]
    public void MakeScene()
    {
        _scene = new Scene(Cases.Named("3d_dilate_3_stride_2"));
        _problem = new Problem<float>(_scene, Down);
        _output = new Matrix<float>(_scene.Coarse.Rows, 5).Fill(7);
    }

    [TearDown]
    public void DisposeScene()
    {
        Assert.That(_output.Data, Has.All.EqualTo(7f), "nothing was written");
        _scene.Dispose();
    }

    [Test]
    public void Forward_names_the_matrix_that_does_not_fit()
    {
        var rows = _scene.Fine.Rows;
        var taps = _scene.Rulebook.Taps;
        using (Assert.EnterMultipleScope())
        {
            Refused.With(
                () => Forward(input: View(rows - 1, 3)),
                "input",
                $"input is [{rows - 1}, 3], must be [{rows}, 3]"
            );
            Refused.With(
                () => Forward(weight: View(taps * 4, 5)),
                "weight",
                $"weight is [{taps * 4}, 5], must be [{taps * 3}, 5]"
            );
            Refused.With(() => Forward(weight: View(taps * 3, 6)), "output", "must be");
            Refused.With(() => Forward(bias: View(1, 4)), "bias", "bias is [1, 4], must be [1, 5]");
            Refused.With(() => Forward(residual: View(1, 5)), "residual", "residual is [1, 5], must be");
            Refused.With(() => Forward(activation: (Activation)7), "activation", "7");
            Refused.With(() => Forward(output: _output.View with { Rows = 1 }), "output", "output is [1, 5], must be");
            Refused.With(() => Forward(output: _output.View with { Columns = 4 }), "output", "must be");
            Refused.With(() => Forward(input: View(rows, -3)), "input", "has -3 channels, must have 0 to 2147483647");
            Refused.With(() => Forward(input: default(MatrixView)), "input", "device 0, must be on the CPU");
            Refused.With(() => Forward(input: View(rows, 3) with { Data = 0 }), "input", "has no address");
            Refused.With(() => Forward(input: View(rows, 3) with { Device = 2 }), "input", "device 2");
            Refused.With(
                () => Forward(weight: View(taps * 3, 5) with { ElementType = ElementType.Float64 }),
                "weight",
                "has element type Float64, must have the Float32"
            );
            Refused.With(
                () => Forward(input: View(rows, 3) with { ElementType = ElementType.BFloat16 }),
                "output",
                "has element type Float32, must have the BFloat16"
            );
            Refused.With(() => Forward(direction: (ConvolutionDirection)5), "direction", "must be one of");
            Assert.That(
                () => Convolution.Forward(null!, Down, default, default, null, default),
                Throws.ArgumentNullException
            );
        }
    }

    [Test]
    public void Backward_passes_name_the_matrix_that_does_not_fit()
    {
        var grad = _problem.GradOutput.View;
        var input = _problem.Input.View;
        var weight = _problem.Weight.View;
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => BackwardInput(grad with { Rows = 1 }, weight, input), "gradOutput", "must be");
            Refused.With(() => BackwardInput(grad, weight with { Rows = 1 }, input), "weight", "must be");
            Refused.With(() => BackwardInput(grad, weight, input with { Rows = 1 }), "gradInput", "must be");
            Refused.With(() => BackwardWeight(input with { Rows = 1 }, grad, weight, null), "input", "must be");
            Refused.With(() => BackwardWeight(input, grad with { Rows = 1 }, weight, null), "gradOutput", "must be");
            Refused.With(() => BackwardWeight(input, grad, weight with { Rows = 1 }, null), "gradWeight", "must be");
            Refused.With(() => BackwardWeight(input, grad, weight, View(2, 5)), "gradBias", "must be [1, 5]");
        }

        void BackwardInput(MatrixView gradOutput, MatrixView weights, MatrixView gradInput) =>
            Convolution.BackwardInput(_scene.Rulebook, Down, gradOutput, weights, gradInput);
        void BackwardWeight(MatrixView inputs, MatrixView gradOutput, MatrixView gradWeight, MatrixView? gradBias) =>
            Convolution.BackwardWeight(_scene.Rulebook, Down, inputs, gradOutput, gradWeight, gradBias);
    }

    [Test]
    public void A_workspace_that_does_not_do_is_refused()
    {
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => Forward(workspace: new Workspace(64, -1)), "workspace", "has -1 bytes, must have");
            Refused.With(() => Forward(workspace: new Workspace(63, long.MaxValue)), "workspace", "multiple of 64");
            Refused.With(() => Forward(workspace: new Workspace(0, long.MaxValue)), "workspace", "multiple of 64");
        }
    }

    [Test]
    public void Workspace_sizes_are_refused_for_what_is_not_offered()
    {
        using (Assert.EnterMultipleScope())
        {
            Refused.With(() => Bytes(-1, ElementType.Float32), "inChannels", "has -1 channels");
            Refused.With(() => Bytes(long.MaxValue, ElementType.Float32), "inChannels", "must have 0 to 2147483647");
            Refused.With(() => Bytes(1, (ElementType)4), "elementType", "must be one of");
            Assert.That(Bytes(3, ElementType.Float64), Is.GreaterThanOrEqualTo(0));
        }

        long Bytes(long inChannels, ElementType elementType) =>
            Convolution.WorkspaceBytes(_scene.Rulebook, Down, ConvolutionPass.Forward, inChannels, 5, elementType);
    }

    private MatrixView View(long rows, long columns) => _problem.Input.View with { Rows = rows, Columns = columns };

    private void Forward(
        MatrixView? input = null,
        MatrixView? weight = null,
        MatrixView? bias = null,
        MatrixView? output = null,
        ConvolutionDirection direction = Down,
        Workspace workspace = default,
        MatrixView? residual = null,
        Activation activation = Activation.Identity
    ) =>
        Convolution.Forward(
            _scene.Rulebook,
            direction,
            input ?? _problem.Input.View,
            weight ?? _problem.Weight.View,
            bias ?? _problem.Bias.View,
            output ?? _output.View,
            workspace,
            residual: residual,
            activation: activation
        );
}
