using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.SparseConv.Autograd;

/// <summary>
/// One call of an operation of this library on the autograd graph. A new operation derives from it: its constructor
/// takes the arguments and names the tensors among them with <see cref="Reads"/>, <see cref="Forward"/> computes the
/// output and gives each <see cref="Saved"/> tensor its value, and <see cref="Backward"/> sets the gradient of each
/// input that needs one. The object lives as long as the graph does, but holds tensors only while Forward or Backward
/// runs.
/// </summary>
/// <remarks>
/// It works around TorchSharp's autograd functions. An exception that leaves backward ends the process, and a forward
/// that throws leaks its node, so the output is computed before the node exists, and what goes wrong in Backward
/// becomes NaN gradients and the next call's exception (see <see cref="BackwardFailure"/>). Gradients must outlive
/// backward's own scope, and are disposed with the thread's next operation: see <see cref="ReturnedGradients"/>.
/// </remarks>
internal abstract class Operation<TSelf>
    where TSelf : Operation<TSelf>
{
    private static readonly Scalar NotANumber = double.NaN;

    private readonly List<Input> _inputs = [];
    private readonly List<Saved> _saved = [];
    private torch.Tensor? _output;

    /// <summary>The output for given inputs, in the current dispose scope.</summary>
    protected abstract torch.Tensor Forward();

    /// <summary>
    /// Sets the gradient of each input that needs one, from the contiguous gradient of the output. Inputs have no
    /// tensors here: what is needed of them must be saved. Temporaries are disposed afterwards.
    /// </summary>
    protected abstract void Backward(torch.Tensor gradient);

    /// <summary>Whether Forward runs for a graph, so that Backward may come.</summary>
    protected bool IsTracked { get; private set; }

    /// <summary>
    /// Names a tensor that the operation reads and may owe a gradient; null for one that is left out.
    /// </summary>
    protected Input Reads(torch.Tensor? tensor)
    {
        var input = new Input(tensor);
        _inputs.Add(input);
        return input;
    }

    /// <summary>Names a tensor that Forward sets for Backward.</summary>
    protected Saved Saves()
    {
        var saved = new Saved();
        _saved.Add(saved);
        return saved;
    }

    /// <summary>
    /// The output, on the autograd graph where any input wants a gradient, in the caller's dispose scope.
    /// </summary>
    internal torch.Tensor Run()
    {
        BackwardFailure.ThrowIfAny();
        ReturnedGradients.Release();
        using var scope = torch.NewDisposeScope();
        try
        {
            IsTracked = torch.is_grad_enabled() && _inputs.Exists(input => input.NeedsGradient);
            var output = Forward();
            if (IsTracked)
            {
                _output = output;
                output = Node.apply([.. _inputs.Select(input => (object)input.Tensor!), this]);
            }

            // What Forward wrote into the memory of an input is the caller's already.
            return _inputs.Exists(input => ReferenceEquals(input.Tensor, output))
                ? output
                : output.MoveToOuterDisposeScope();
        }
        finally
        {
            _output = null;
            Release();
        }
    }

    private torch.Tensor Save(torch.autograd.AutogradContext context)
    {
        context.save_for_backward([.. _saved.Select(saved => saved.Tensor!)]);
        return _output!;
    }

    [SuppressMessage("Design", "CA1031", Justification = "An exception that leaves backward ends the process.")]
    private List<torch.Tensor?> Differentiate(torch.autograd.AutogradContext context, torch.Tensor gradient)
    {
        // One more than there are inputs: the operation itself is an argument, too.
        var gradients = new List<torch.Tensor?>(new torch.Tensor?[_inputs.Count + 1]);
        try
        {
            ReturnedGradients.Release();
            if (!gradient.IsInvalid)
            {
                Differentiate(context, gradient, gradients);

                // The wrapper is ours alone; left to the garbage collector it would hold the whole matrix.
                gradient.Dispose();
            }

            ReturnedGradients.Remember(context, gradients);
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception);
        }

        // A list of its own, since the remembered one is emptied when its tensors go.
        return [.. gradients];
    }

    [SuppressMessage("Design", "CA1031", Justification = "Kept for the next call; the gradients become NaN.")]
    private void Differentiate(
        torch.autograd.AutogradContext context,
        torch.Tensor gradient,
        List<torch.Tensor?> gradients
    )
    {
        using var scope = torch.NewDisposeScope();
        try
        {
            if (torch.is_grad_enabled())
            {
                throw new NotSupportedException("A sparse layer has no second derivative (create_graph: true).");
            }

            foreach (var (saved, tensor) in _saved.Zip(context.get_saved_variables()))
            {
                saved.Tensor = tensor;
            }

            Backward(TensorMemory.Contiguous(gradient));
            for (var i = 0; i < _inputs.Count; i++)
            {
                gradients[i] = _inputs[i].Gradient;
            }
        }
        catch (Exception exception)
        {
            BackwardFailure.Keep(exception);
            for (var i = 0; i < _inputs.Count; i++)
            {
                gradients[i] = _inputs[i] is { NeedsGradient: true, Shape: var shape }
                    ? torch.full(shape, NotANumber, gradient.dtype, gradient.device)
                    : null;
            }
        }
        finally
        {
            Release();
        }

        foreach (var one in gradients)
        {
            one?.MoveToOuterDisposeScope();
        }
    }

    private void Release()
    {
        foreach (var input in _inputs)
        {
            (input.Tensor, input.Gradient) = (null, null);
        }

        foreach (var saved in _saved)
        {
            saved.Tensor = null;
        }
    }

    /// <summary>
    /// What TorchSharp knows of an operation. It makes one object for all calls, which arrive as last arguments.
    /// </summary>
    private sealed class Node : torch.autograd.SingleTensorFunction<Node>
    {
        private const string CallKey = "call";

        public override string Name => typeof(TSelf).Name;

        public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
        {
            var call = (TSelf)vars[^1];
            ctx.set_materialize_grads(false);
            ctx.save_data(CallKey, call);
            return call.Save(ctx);
        }

        public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output) =>
            ((TSelf)ctx.get_data(CallKey)).Differentiate(ctx, grad_output)!;
    }
}

/// <summary>A tensor that an operation reads; it may be left out.</summary>
internal sealed class Input
{
    internal Input(torch.Tensor? tensor)
    {
        Tensor = tensor;
        NeedsGradient = tensor is { requires_grad: true };
        Shape = tensor?.shape ?? [];
        Type = tensor?.dtype;
    }

    /// <summary>The tensor, while the operation runs forward; null where it was left out.</summary>
    internal torch.Tensor? Tensor { get; set; }

    internal bool NeedsGradient { get; }

    internal long[] Shape { get; }

    /// <summary>The element type, or null where it was left out.</summary>
    internal torch.ScalarType? Type { get; }

    /// <summary>What Backward sets, for an input that needs it.</summary>
    internal torch.Tensor? Gradient { get; set; }
}

/// <summary>A tensor that an operation's Forward leaves to its Backward; null for none.</summary>
internal sealed class Saved
{
    internal torch.Tensor? Tensor { get; set; }
}
