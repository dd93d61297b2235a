using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>
/// The managed half of a graph node. The graph owns it: a GC handle keeps it until the native node is freed. As in
/// TorchSharp, the node of a forward that threw is never freed.
/// </summary>
internal sealed unsafe class FunctionNode
{
    private static int _aliveCount;

    private readonly Func<torch.autograd.AutogradContext, List<torch.Tensor>, List<torch.Tensor>> _backward;
    private readonly string _name;
    private readonly List<bool> _isTensor = [];

    private List<torch.Tensor?> _outputShapes = [];

    internal FunctionNode(
        string name,
        Func<torch.autograd.AutogradContext, List<torch.Tensor>, List<torch.Tensor>> backward
    )
    {
        _name = name;
        _backward = backward;
        Context = new torch.autograd.AutogradContext(this);
        nint handle;
        var self = GCHandle.ToIntPtr(GCHandle.Alloc(this));
        Native.Check(Native.standin_node_new(self, &Apply, &Release, &handle));
        Handle = handle;
        Interlocked.Increment(ref _aliveCount);
    }

    /// <summary>How many nodes the process holds.</summary>
    internal static int AliveCount => _aliveCount;

    internal nint Handle { get; private set; }

    internal torch.autograd.AutogradContext Context { get; }

    /// <summary>Links the node to those that made its inputs; returns the tensors among the arguments.</summary>
    internal List<torch.Tensor> Connect(object[] arguments, out bool executable)
    {
        var inputs = new List<torch.Tensor>();
        foreach (var argument in arguments)
        {
            var tensor = argument as torch.Tensor;
            var valid = tensor is not null && !tensor.IsInvalid;
            _isTensor.Add(valid);
            if (valid)
            {
                inputs.Add(tensor!);
            }
        }
        executable = AutoGradMode.IsEnabled && inputs.Exists(tensor => tensor.requires_grad);
        fixed (nint* handles = torch.autograd.Handles(inputs))
        {
            Native.Check(Native.standin_node_connect(Handle, handles, inputs.Count, executable ? 1 : 0));
        }
        return inputs;
    }

    /// <summary>Attaches forward's outputs to the graph, saves variables, and leaves the node to the outputs.</summary>
    internal List<torch.Tensor> Finish(List<torch.Tensor> inputs, List<torch.Tensor> outputs, bool executable)
    {
        var results = new nint[outputs.Count];
        fixed (nint* first = torch.autograd.Handles(inputs))
        fixed (nint* constant = torch.autograd.Handles(Context.NonDifferentiableTensors))
        fixed (nint* dirty = torch.autograd.Handles(Context.DirtyTensors))
        fixed (nint* raw = torch.autograd.Handles(outputs))
        fixed (nint* target = results)
        {
            Native.Check(
                Native.standin_node_wrap(
                    Handle,
                    first,
                    inputs.Count,
                    constant,
                    Context.NonDifferentiableTensors.Count,
                    dirty,
                    Context.DirtyTensors.Count,
                    raw,
                    outputs.Count,
                    executable ? 1 : 0,
                    target
                )
            );
        }
        torch.autograd.KeepAlive(inputs, outputs, Context.NonDifferentiableTensors, Context.DirtyTensors);
        var wrapped = Array.ConvertAll(results, handle => new torch.Tensor(handle)).ToList();
        if (executable)
        {
            // Shapes for gradients that are missing; tensors of the current scope, as in TorchSharp.
            _outputShapes = wrapped.ConvertAll(tensor => tensor.IsInvalid ? null : torch.empty_like(tensor))!;
            Context.SaveVariables();
        }
        Native.Check(Native.standin_node_weaken(Handle));
        return wrapped;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Apply(nint context, nint* inputs, int count, nint* gradients, int gradientCount)
    {
        var node = (FunctionNode)GCHandle.FromIntPtr(context).Target!;
        try
        {
            node.Backward(new ReadOnlySpan<nint>(inputs, count).ToArray(), new Span<nint>(gradients, gradientCount));
            return 0;
        }
        catch (Exception error)
        {
            // TorchSharp ends the process here. This reports the error from the call that started the backward pass.
            _ = Native.standin_node_fail(node.Handle, $"backward of {node._name} failed: {error}");
            return 1;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(nint context)
    {
        var handle = GCHandle.FromIntPtr(context);
        var node = (FunctionNode)handle.Target!;
        handle.Free();
        node.Free();
    }

    private void Backward(nint[] inputs, Span<nint> target)
    {
        lock (_isTensor)
        {
            var gradients = new List<torch.Tensor>();
            for (var i = 0; i < inputs.Length; i++)
            {
                var materialize = Context.MaterializeGrads && inputs[i] == 0 && _outputShapes[i] is not null;
                gradients.Add(materialize ? torch.zeros_like(_outputShapes[i]!) : new torch.Tensor(inputs[i]));
            }
            var results = Selected(_backward(Context, gradients));
            for (var i = 0; i < results.Count; i++)
            {
                if (results[i] is { IsInvalid: false } tensor)
                {
                    nint alias;
                    Native.Check(Native.standin_tensor_alias(tensor.Handle, &alias), tensor);
                    target[i] = alias;
                }
            }
        }
    }

    /// <summary>The gradients of tensor arguments, checked as TorchSharp checks them.</summary>
    private List<torch.Tensor?> Selected(List<torch.Tensor> results)
    {
        if (results.Count > _isTensor.Count && results.Skip(_isTensor.Count).All(Missing))
        {
            results = results.GetRange(0, _isTensor.Count);
        }
        if (results.Count != _isTensor.Count)
        {
            throw new NotImplementedException(
                $"Function {_name} returned an incorrect number of gradients (expected {_isTensor.Count}), got {results.Count}"
            );
        }
        for (var i = 0; i < results.Count; i++)
        {
            if (!_isTensor[i] && !Missing(results[i]))
            {
                throw new NotImplementedException(
                    $"Function {_name} returned a gradient different that is defined at position {i + 1}, but the corresponding forward input was not a Tensor"
                );
            }
        }
        return [.. results.Where((_, i) => _isTensor[i])];
    }

    private static bool Missing(torch.Tensor? tensor) => tensor is null || tensor.IsInvalid;

    private void Free()
    {
        Context.Dispose();
        _outputShapes.ForEach(tensor => tensor?.Dispose());
        _ = Native.standin_node_dispose(Handle);
        Handle = 0;
        Interlocked.Decrement(ref _aliveCount);
    }
}
