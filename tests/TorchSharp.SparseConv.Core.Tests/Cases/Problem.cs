using System.Numerics;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Random numbers for a scene and direction, the library's results on them, and the oracle's problem.</summary>
internal sealed class Problem<T>
    where T : unmanaged, INumber<T>
{
    private readonly Scene _scene;
    private readonly ConvolutionDirection _direction;

    internal Problem(Scene scene, ConvolutionDirection direction)
    {
        _scene = scene;
        _direction = direction;
        var one = scene.Case;
        var (read, written) = scene.Rows(direction);
        Input = Matrix<T>.Random(read, one.InChannels, one.Seed, scene.Backend);
        Weight = Matrix<T>.Random(
            (long)scene.Rulebook.Taps * one.InChannels,
            one.OutChannels,
            one.Seed + 1,
            scene.Backend
        );
        Bias = Matrix<T>.Random(1, one.OutChannels, one.Seed + 2, scene.Backend);
        GradOutput = Matrix<T>.Random(written, one.OutChannels, one.Seed + 3, scene.Backend);
    }

    internal Matrix<T> Input { get; }

    internal Matrix<T> Weight { get; }

    internal Matrix<T> Bias { get; }

    internal Matrix<T> GradOutput { get; }

    internal Matrix<T> Forward(bool bias = true)
    {
        var output = Like(GradOutput).Fill(double.NaN);
        var scratch = Scratch(ConvolutionPass.Forward);
        Convolution.Forward(
            _scene.Rulebook,
            _direction,
            Input.View,
            Weight.View,
            bias ? Bias.View : null,
            output.View,
            scratch?.Workspace ?? default
        );
        GC.KeepAlive(scratch);
        return output;
    }

    internal Matrix<T> BackwardInput()
    {
        var gradInput = Like(Input).Fill(double.NaN);
        var scratch = Scratch(ConvolutionPass.BackwardInput);
        Convolution.BackwardInput(
            _scene.Rulebook,
            _direction,
            GradOutput.View,
            Weight.View,
            gradInput.View,
            scratch?.Workspace ?? default
        );
        GC.KeepAlive(scratch);
        return gradInput;
    }

    internal (Matrix<T> Weight, Matrix<T> Bias) BackwardWeight()
    {
        var gradWeight = Like(Weight).Fill(double.NaN);
        var gradBias = Like(Bias).Fill(double.NaN);
        var scratch = Scratch(ConvolutionPass.BackwardWeight);
        Convolution.BackwardWeight(
            _scene.Rulebook,
            _direction,
            Input.View,
            GradOutput.View,
            gradWeight.View,
            gradBias.View,
            scratch?.Workspace ?? default
        );
        GC.KeepAlive(scratch);
        return (gradWeight, gradBias);
    }

    internal OracleProblem ForOracle(bool bias = true)
    {
        var fine = _direction == ConvolutionDirection.FineToCoarse;
        var pairs = new Oracle(_scene.Case).Pairs(_scene.Fine.Coordinates(), _scene.Coarse.Coordinates());
        return new OracleProblem
        {
            Pairs = [.. pairs.Select(pair => fine ? pair : (pair.Tap, pair.Coarse, pair.Fine))],
            RowsWritten = (int)GradOutput.Rows,
            In = (int)Input.Columns,
            Out = (int)Weight.Columns,
            Input = Input.ToDouble(),
            Weight = Weight.ToDouble(),
            Bias = bias ? Bias.ToDouble() : null,
        };
    }

    private Matrix<T> Like(Matrix<T> matrix) => new(matrix.Rows, matrix.Columns, _scene.Backend);

    private DeviceArray<byte>? Scratch(ConvolutionPass pass) =>
        _scene.Scratch(_direction, pass, Input.Columns, Weight.Columns, Input.View.ElementType);
}
