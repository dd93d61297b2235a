using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Modules one after another; each intermediate tensor is disposed as soon as the next one is there.</summary>
public class Sequential : nn.Module<Tensor, Tensor>
{
    private readonly List<(string Name, nn.IModule<Tensor, Tensor> Module)> _modules = [];

    internal Sequential()
        : base(nameof(Sequential)) { }

    protected Sequential(params (string name, nn.Module<Tensor, Tensor> submodule)[] modules)
        : this()
    {
        foreach (var (name, module) in modules)
        {
            append(name, module);
        }
    }

    protected Sequential(params nn.Module<Tensor, Tensor>[] modules)
        : this()
    {
        foreach (nn.Module<Tensor, Tensor> module in modules)
        {
            append(module);
        }
    }

    public int Count => _modules.Count;

    [IndexerName("SequentialItems")]
    public nn.IModule<Tensor, Tensor> this[int index] => _modules[index].Module;

    [IndexerName("SequentialItems")]
    public Sequential this[(int? start, int? end) index] => Slice(index.start ?? 0, index.end ?? Count);

    [IndexerName("SequentialItems")]
    public Sequential this[Range index] => Slice(index.Start.GetOffset(Count), index.End.GetOffset(Count));

    public Sequential append(nn.IModule<Tensor, Tensor> module) => append($"{Count}", module);

    public Sequential append(string name, nn.IModule<Tensor, Tensor> module)
    {
        _modules.Add((name, module));
        return this;
    }

    public override Tensor forward(Tensor tensor)
    {
        if (Count == 0)
        {
            return tensor.alias();
        }

        Tensor result = _modules[0].Module.call(tensor);
        foreach (var (_, module) in _modules.Skip(1))
        {
            Tensor input = result;
            result = module.call(input);
            input.Dispose();
        }

        return result;
    }

    public override nn.Module apply(Action<nn.Module> fn)
    {
        foreach (nn.Module module in children())
        {
            module.apply(fn);
        }

        fn(this);
        return this;
    }

    public override IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) =>
        recurse ? Distinct(OfChildren(named_children(), child => child.named_parameters(true))) : [];

    public override IEnumerable<(string name, Tensor buffer)> named_buffers(
        bool recurse = true,
        bool include_persistent = true
    ) => recurse ? Distinct(OfChildren(named_children(), child => child.named_buffers(true, include_persistent))) : [];

    public override IEnumerable<(string name, nn.Module module)> named_children() =>
        _modules.Select(entry => (entry.Name, (nn.Module)entry.Module));

    public override IEnumerable<(string name, nn.Module module)> named_modules() =>
        named_children().Concat(OfChildren(named_children(), child => child.named_modules()));

    public override void train(bool on = true) => base.train(on);

    public override void eval() => base.eval();

    protected internal override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) =>
        ForEach(child => child._to(device, dtype, non_blocking));

    protected internal override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
        ForEach(child => child._to(deviceType, deviceIndex, non_blocking));

    protected internal override nn.Module _to(ScalarType dtype, bool non_blocking) =>
        ForEach(child => child._to(dtype, non_blocking));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            ForEach(child => child.Dispose());
        }

        base.Dispose(disposing);
    }

    private Sequential ForEach(Action<nn.Module> action)
    {
        foreach (nn.Module child in children())
        {
            action(child);
        }

        return this;
    }

    private Sequential Slice(int start, int end)
    {
        foreach (int bound in (int[])[start, end])
        {
            if (bound < 0 || bound > Count)
            {
                throw new IndexOutOfRangeException($"{bound} is not a valid index.");
            }
        }

        var slice = new Sequential();
        foreach (var (name, module) in _modules.Take(end).Skip(start))
        {
            slice.append(name, module);
        }

        return slice;
    }
}
