#nullable disable
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp.Modules;

/// <summary>Optimizers that are written over tensor operators: groups, states, and their files.</summary>
public abstract class OptimizerHelper : Optimizer
{
    protected OptimizerOptions _defaults;

    /// <summary>States by the handle of their parameter: a parameter that was replaced (module.to) has none.</summary>
    protected OrderedDict<nint, OptimizerState> _state = new();

    public OptimizerHelper() { }

    public override IEnumerable<Parameter> parameters() => base.parameters();

    public override void zero_grad() => base.zero_grad();

    public override void add_param_group(ParamGroup param_group) => base.add_param_group(param_group);

    public void to(Device device)
    {
        foreach (Parameter parameter in parameters())
        {
            _state[parameter.Handle].to(device);
        }
    }

    public virtual StateDictionary state_dict()
    {
        var state = new StateDictionary();
        int index = 0;
        foreach (ParamGroup group in _parameter_groups)
        {
            state.Options.Add(group.Options);
            List<int> indices = [];
            state.StateIndexRef.Add(indices);
            foreach (Parameter parameter in group.Parameters)
            {
                indices.Add(index++);
                state.State.Add(_state[parameter.Handle]);
            }
        }

        return state;
    }

    public virtual void load_state_dict(StateDictionary state_dict)
    {
        StateDictionary own = this.state_dict();
        RequireSameCounts(own, state_dict.Options.Count, state_dict.State.Count);
        foreach (var (mine, source) in own.Options.Zip(state_dict.Options))
        {
            if (mine != source)
            {
                mine.LoadStateDict(source);
            }
        }

        foreach (var (mine, source) in own.State.Zip(state_dict.State))
        {
            if (mine != source)
            {
                mine.LoadStateDict(source);
            }
        }
    }

    public void save_state_dict(string location)
    {
        using FileStream stream = File.Create(location);
        using var writer = new BinaryWriter(stream);
        save_state_dict(writer);
    }

    public void load_state_dict(string location)
    {
        using FileStream stream = File.OpenRead(location);
        using var reader = new BinaryReader(stream);
        load_state_dict(reader);
    }

    public void save_state_dict(BinaryWriter writer)
    {
        StateDictionary own = state_dict();
        writer.Write(GetType().Name);
        writer.Encode(own.Options.Count);
        writer.Encode(own.State.Count);
        own.Options.ForEach(options => options.SaveStateDict(writer));
        own.State.ForEach(state => state.SaveStateDict(writer));
    }

    public void load_state_dict(BinaryReader reader)
    {
        string type = reader.ReadString();
        if (!string.Equals(type, GetType().Name, StringComparison.Ordinal))
        {
            throw new InvalidDataException(
                $"Mismatched optimizer type: expected '{GetType().Name}', but found '{type}' in the loaded stream."
            );
        }

        StateDictionary own = state_dict();
        RequireSameCounts(own, reader.Decode(), reader.Decode());
        own.Options.ForEach(options => options.LoadStateDict(reader));
        own.State.ForEach(state => state.LoadStateDict(reader));
    }

    /// <summary>One step of every group, without recording gradients and in a scope of its own; the closure's loss.</summary>
    protected Tensor _step<T>(Action<T> body, Func<Tensor> loss_closure = null)
        where T : ParamGroup
    {
        Tensor loss = null;
        if (loss_closure is not null)
        {
            using (enable_grad())
            {
                loss = loss_closure();
            }
        }

        using (no_grad())
        using (NewDisposeScope())
        {
            foreach (ParamGroup group in _parameter_groups)
            {
                body((T)group);
            }
        }

        return loss;
    }

    /// <summary>Takes a group whose options are complete, and begins a state for each of its parameters.</summary>
    private protected void Begin(ParamGroup group, Func<Parameter, OptimizerState> create)
    {
        group.Options.InitialLearningRate = group.Options.LearningRate.Value;
        _parameter_groups.Add(group);
        foreach (Parameter parameter in group.Parameters)
        {
            OptimizerState state = create(parameter);
            _state[parameter.Handle] = state;
            state.Initialize(group.Options);
        }
    }

    private static void RequireSameCounts(StateDictionary own, long groups, long states)
    {
        if (groups != own.Options.Count)
        {
            throw new ArgumentException("Invalid optimizer state -- different number of parameter groups.");
        }

        if (states != own.State.Count)
        {
            throw new ArgumentException("Invalid optimizer state -- different number of states.");
        }
    }
}
